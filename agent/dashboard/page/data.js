// What the agent's endpoints answer, as the pages ask for it.

// The text format of Prometheus: Map of name to [{labels, value}].
function parseExposition(text) {
  const metrics = new Map();
  for (const line of text.split('\n')) {
    if (line === '' || line[0] === '#') continue;
    const space = line.lastIndexOf(' ');
    const brace = line.indexOf('{');
    const name = line.slice(0, brace >= 0 ? brace : space);
    const labels = brace >= 0 ? parseLabels(line.slice(brace + 1, line.lastIndexOf('}', space))) : {};
    if (!metrics.has(name)) metrics.set(name, []);
    metrics.get(name).push({labels, value: Number(line.slice(space + 1).replace('Inf', 'Infinity'))});
  }
  return metrics;
}

function parseLabels(text) {
  const labels = Object.create(null);
  const pattern = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
  for (const [, name, value] of text.matchAll(pattern)) {
    labels[name] = value.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
  }
  return labels;
}

// The figures of /metrics. A match is an object of label values; a value may be a function.
class Metrics {
  constructor(text) {
    this.series = parseExposition(text);
  }

  has(name) {
    return this.series.has(name);
  }

  of(name, match = {}) {
    return (this.series.get(name) ?? []).filter(({labels}) =>
      Object.entries(match).every(([label, wanted]) =>
        typeof wanted === 'function' ? wanted(labels[label] ?? '') : (labels[label] ?? '') === wanted));
  }

  // NaN if there is no such series.
  sum(name, match) {
    const found = this.of(name, match);
    return found.length === 0 ? NaN : found.reduce((sum, {value}) => sum + value, 0);
  }

  // The different values of labels, as objects, sorted.
  groups(names, labels) {
    const found = new Map();
    for (const name of names) {
      for (const series of this.of(name)) {
        const group = Object.fromEntries(labels.map((label) => [label, series.labels[label] ?? '']));
        found.set(JSON.stringify(group), group);
      }
    }
    return [...found.keys()].sort().map((key) => found.get(key));
  }

  mean(name, match) {
    return this.sum(`${name}_sum`, match) / this.sum(`${name}_count`, match);
  }

  // As histogram_quantile() of Prometheus makes it.
  quantile(name, share, match) {
    const totals = new Map();
    for (const {labels, value} of this.of(`${name}_bucket`, match)) {
      const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
      totals.set(bound, (totals.get(bound) ?? 0) + value);
    }
    const buckets = [...totals].sort((left, right) => left[0] - right[0]);
    const count = buckets.at(-1)?.[1] ?? 0;
    if (count === 0) return NaN;
    const rank = share * count;
    let below = 0;
    let low = 0;
    for (const [bound, total] of buckets) {
      if (total >= rank) return bound === Infinity ? low : low + (bound - low) * (rank - below) / (total - below);
      below = total;
      low = bound;
    }
    return low;
  }
}

// The answer of /history.
class Recent {
  constructor(answer) {
    this.step = answer.step;
    this.series = answer.series;
    const count = answer.series.reduce((most, series) =>
      Math.max(most, (series.rate ?? series.value).length), 0);
    this.times = Array.from({length: count}, (_, i) => answer.from + i * answer.step);
  }

  // The series of a name, those with most in them first.
  of(name) {
    const weight = (series) => (series.rate ?? series.value).reduce((sum, value) => sum + (value ?? 0), 0);
    return this.series.filter((series) => series.name === name)
      .sort((left, right) => weight(right) - weight(left));
  }

  // Step by step the sum of a column over the series that are wanted; null where none has a value.
  sum(name, column, wanted = () => true) {
    const columns = this.of(name).filter(wanted).map((series) => series[column]);
    return this.times.map((_, i) => {
      const values = columns.map((values) => values[i]).filter((value) => value !== null);
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
    });
  }
}

const endpoint = {
  // Pages are served where the data is: /, or below /monitoring/.
  base: location.pathname.replace(/[^/]*$/, ''),

  async text(path) {
    const token = sessionStorage.getItem('sawlog.token');
    const headers = token ? {Authorization: `Bearer ${token}`} : {};
    const answer = await fetch(this.base + path, {headers, cache: 'no-store'});
    if (answer.status === 401) throw new TokenNeeded();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
    return answer.text();
  },

  async json(path) {
    return JSON.parse(await this.text(path));
  },
};

class TokenNeeded extends Error {}
