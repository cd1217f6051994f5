// Consumers and files as /status tells of them.

class StatusTables {
  constructor() {
    this.element = element('div');
  }

  async look() {
    const status = await endpoint.json('status');
    const cell = (text, name = '') => element('td', {class: name}, text);
    const count = (value) => cell(format.count(value ?? NaN), 'number');
    const consumers = status.consumers.map((each) => element('tr', {}, cell(each.name),
      cell(each.health, each.health === 'up' ? 'good' : 'bad'), count(each.read_lines), count(each.delivered_lines),
      count(each.dead_lettered_lines), count(each.filtered_lines), count(each.in_flight_lines),
      cell(format.bytes(each.lag_bytes), 'number'), cell(format.seconds(each.lag_seconds), 'number'),
      cell(each.reason ?? '', 'text')));
    const files = status.files.slice(0, kRowsMax).map((each) => element('tr', {}, cell(each.path, 'text'),
      cell(each.source), cell(each.state), cell(format.bytes(each.size_bytes), 'number'),
      ...status.consumers.map(({name}) =>
        cell(format.bytes(each.size_bytes - (each.acknowledged[name] ?? NaN)), 'number'))));
    this.element.replaceChildren(
      this.card('Consumers', ['consumer', 'state', '#read', '#delivered', '#dead letters', '#filtered', '#in flight', '#lag',
        '#lag', 'reason'], consumers),
      this.card('Files, by how much is not acknowledged', ['file', 'source', 'state', '#size',
        ...status.consumers.map(({name}) => `#${name}`)], files));
  }

  // A title with # is of numbers.
  card(title, heads, rows) {
    const head = (text) => element('th', {scope: 'col', class: text[0] === '#' ? 'number' : ''}, text.replace('#', ''));
    return element('section', {class: 'card'}, element('h2', {}, title), element('div', {class: 'scroll'},
      element('table', {}, element('thead', {}, element('tr', {}, ...heads.map(head))), element('tbody', {}, ...rows))));
  }
}
