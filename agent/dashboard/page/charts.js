// A chart over the range that is chosen.

const kLinesMax = 8;
const kChartHeight = 180;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Bytes are counted in powers of two, and so are the lines of the grid.
const kBinarySteps = Array.from({length: 60}, (_, power) => 2 ** power);
const isBinary = (unit) => unit === format.bytes || unit === format.byteRate;

function timeTick(seconds) {
  const time = new Date(seconds * 1000);
  const isMidnight = time.getHours() === 0 && time.getMinutes() === 0;
  return isMidnight ? time.toLocaleDateString([], {month: 'short', day: 'numeric'})
    : time.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hour12: false});
}

class Chart {
  // lines(recent): [{label, values}], values as long as recent.times.
  constructor({title, unit, lines}) {
    this.lines = lines;
    this.unit = unit;
    this.legend = element('ul', {class: 'legend'});
    this.plot = element('div', {role: 'img', 'aria-label': title});
    this.empty = element('p', {class: 'empty'});
    this.element = element('section', {class: 'card'}, element('h2', {}, title), this.plot, this.empty, this.legend);
    this.resizing = new ResizeObserver(() => this.drawn?.setSize(this.size()));
    this.resizing.observe(this.plot);
  }

  size() {
    return {width: Math.max(this.plot.clientWidth, 100), height: kChartHeight};
  }

  update(recent) {
    const lines = this.lines(recent).slice(0, kLinesMax);
    const hasValues = lines.some(({values}) => values.some((value) => value !== null));
    this.empty.hidden = hasValues && typeof uPlot !== 'undefined';
    this.empty.textContent = hasValues ? 'This program was built without charts.' : 'Nothing in this range yet.';
    this.plot.hidden = !hasValues;
    this.showLegend(hasValues ? lines : []);
    if (!hasValues || typeof uPlot === 'undefined') {
      this.forget();
      return;
    }
    const data = [recent.times, ...lines.map(({values}) => values)];
    const key = lines.map(({label}) => label).join('\n');
    if (this.drawn && this.key === key) {
      this.drawn.setData(data);
      return;
    }
    this.forget();
    this.key = key;
    this.drawn = new uPlot(this.options(lines), data, this.plot);
  }

  // The theme's colours are drawn anew.
  forget() {
    this.drawn?.destroy();
    this.drawn = undefined;
  }

  remove() {
    this.resizing.disconnect();
    this.forget();
  }

  options(lines) {
    const axis = {
      stroke: () => colour('soft'),
      grid: {stroke: () => colour('line'), width: 1},
      ticks: {stroke: () => colour('line'), width: 1},
    };
    return {
      ...this.size(),
      legend: {show: false},
      cursor: {sync: {key: 'sawlog'}, y: false},
      scales: {y: {range: (_, low, high) => [Math.min(low ?? 0, 0), (high ?? 1) > 0 ? high * 1.08 : 1]}},
      axes: [
        {...axis, values: (_, ticks) => ticks.map(timeTick)},
        {...axis, size: 84, incrs: isBinary(this.unit) ? kBinarySteps : undefined,
          values: (_, ticks) => ticks.map((tick) => this.unit(tick))},
      ],
      series: [{}, ...lines.map(({label}, i) => ({
        label, width: 1.5, stroke: () => colour(`c${i}`), spanGaps: false, points: {show: false},
      }))],
      hooks: {setCursor: [(drawn) => this.showLegend(lines, drawn)]},
    };
  }

  // With the values under the cursor, else the last ones.
  showLegend(lines, drawn) {
    const at = drawn?.cursor.idx;
    this.legend.replaceChildren(...lines.map(({label, values}, i) => {
      const shown = drawn ? drawn.data[i + 1] : values;
      const value = at === null || at === undefined ? shown.findLast((each) => each !== null) : shown[at];
      return element('li', {}, element('span', {class: `swatch k${i}`}), `${label || 'all'} `,
        element('b', {}, this.unit(value ?? NaN)));
    }));
  }
}

// --- what a chart shows ------------------------------------------------------------------------

// A line for each group of the series.
const grouped = (name, column = 'rate', label = (group) => group) => (recent) =>
  recent.of(name).map((series) => ({label: label(series.group), values: series[column]}));

const together = (label, name, column = 'rate', wanted = undefined) => (recent) =>
  [{label, values: recent.sum(name, column, wanted)}];

const quantiles = (name) => (recent) => {
  const series = recent.of(name)[0];
  return ['p50', 'p90', 'p95', 'p99'].map((share) => ({label: share, values: series?.[share] ?? []}));
};

const several = (...parts) => (recent) => parts.flatMap((lines) => lines(recent));

// Step by step what `made` makes of the values of lines that have one each.
const ratio = (label, above, below, made = (over, under) => over / under) => (recent) => {
  const [over] = above(recent);
  const [under] = below(recent);
  return [{label, values: recent.times.map((_, i) => {
    const value = made(over.values[i] ?? 0, under.values[i]);
    return under.values[i] === null || !Number.isFinite(value) ? null : value;
  })}];
};
