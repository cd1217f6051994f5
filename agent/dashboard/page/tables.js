// Tables and tiles over the figures of /metrics.

// columns: [{title, of(metrics, group), format}]; a row for each group of the label values that the
// metrics have.
class MetricTable {
  constructor({title, metrics, labels, columns, sort = 0}) {
    Object.assign(this, {metrics, labels, columns, sort});
    this.body = element('tbody');
    const heads = [...labels.map((label) => element('th', {scope: 'col'}, label)),
      ...columns.map((column) => element('th', {scope: 'col', class: 'number'}, column.title))];
    this.empty = element('p', {class: 'empty'}, 'Nothing yet.');
    this.table = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), this.body);
    this.element = element('section', {class: 'card'}, element('h2', {}, title),
      element('div', {class: 'scroll'}, this.table), this.empty);
  }

  update(metrics) {
    const rows = metrics.groups(this.metrics, this.labels).map((group) =>
      ({group, values: this.columns.map((column) => column.of(metrics, group))}));
    const weight = ({values}) => (Number.isFinite(values[this.sort]) ? values[this.sort] : -1);
    rows.sort((left, right) => weight(right) - weight(left));
    this.empty.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
    this.body.replaceChildren(...rows.slice(0, kRowsMax).map(({group, values}) => element('tr', {},
      ...this.labels.map((label) => element('td', {}, group[label] || none)),
      ...values.map((value, i) => element('td', {class: 'number'}, this.columns[i].format(value))))));
  }
}

const kRowsMax = 100;

const total = (title, name, match = {}, shown = format.count) =>
  ({title, of: (metrics, group) => metrics.sum(name, {...group, ...match}), format: shown});
const gaugeColumn = (title, name, shown) => total(title, name, {}, shown);
const meanOf = (title, name, shown = format.seconds) =>
  ({title, of: (metrics, group) => metrics.mean(name, group), format: shown});
const quantileOf = (title, name, share, shown = format.seconds) =>
  ({title, of: (metrics, group) => metrics.quantile(name, share, group), format: shown});
// Of all the values of a counter the share of those that match.
const shareOf = (title, name, match) => ({
  title,
  of: (metrics, group) => {
    const all = metrics.sum(name, group);
    const some = metrics.sum(name, {...group, ...match});
    return all > 0 ? (Number.isFinite(some) ? some : 0) / all : NaN;
  },
  format: format.percent,
});

// tiles: [{title, of(metrics), format, tone(value)}]
class Tiles {
  constructor(tiles) {
    this.tiles = tiles;
    this.values = tiles.map(() => element('dd', {}, none));
    this.element = element('dl', {class: 'tiles'}, ...tiles.map(({title}, i) =>
      element('div', {class: 'tile'}, element('dt', {}, title), this.values[i])));
  }

  update(metrics) {
    this.tiles.forEach((tile, i) => {
      const value = tile.of(metrics);
      this.values[i].textContent = tile.format(value);
      this.values[i].className = tile.tone?.(value) ?? '';
    });
  }
}

const tile = (title, of, shown, tone) => ({title, of, format: shown, tone});
const sumTile = (title, name, match, shown = format.count) =>
  tile(title, (metrics) => metrics.sum(name, match), shown);
const badAbove = (limit) => (value) => (value > limit ? 'bad' : '');
