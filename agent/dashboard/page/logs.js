// The live tail: the last lines of the followed files, and what comes.

const kShownMax = 2000;
const kLogIntervalMs = 1000;
const kLevels = ['', 'debug', 'info', 'warn', 'error'];
const levelTone = {warn: 'warn', error: 'bad', fatal: 'bad'};

class LogPage {
  constructor() {
    const field = (id, label, input) => {
      input.id = id;
      input.addEventListener('change', () => this.startOver());
      return element('label', {for: id}, label, input);
    };
    this.level = element('select', {}, ...kLevels.map((level) =>
      element('option', {value: level}, level === '' ? 'all levels' : `${level} and above`)));
    this.service = element('input', {type: 'search', autocomplete: 'off'});
    this.text = element('input', {type: 'search', autocomplete: 'off'});
    this.trace = element('input', {type: 'search', autocomplete: 'off', size: 34});
    this.state = element('p', {role: 'status', class: 'empty'});
    this.list = element('div', {class: 'log', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Log lines'});
    this.element = element('section', {},
      element('div', {class: 'filters'}, field('log-level', 'Level', this.level),
        field('log-service', 'Service', this.service), field('log-text', 'Text', this.text),
        field('log-trace', 'Trace', this.trace)),
      this.list, this.state);
    this.startOver();
  }

  startOver() {
    this.after = '';
    this.list.replaceChildren();
    clearTimeout(this.timer);
    this.look();
  }

  async look() {
    clearTimeout(this.timer);
    const generation = (this.generation = (this.generation ?? 0) + 1);
    if (!app.isPaused) {
      try {
        const query = new URLSearchParams({after: this.after, level: this.level.value, service: this.service.value,
          text: this.text.value, trace: this.trace.value});
        const answer = await endpoint.json(`log-lines?${query}`);
        if (generation !== this.generation) return;
        this.show(answer);
        app.worked();
      } catch (failure) {
        app.failed(failure);
      }
    }
    if (generation === this.generation) this.timer = setTimeout(() => this.look(), kLogIntervalMs);
  }

  show({lines, next, skipped_bytes}) {
    const follows = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.after = next;
    this.list.append(...lines.map((line) => this.line(line)));
    while (this.list.childElementCount > kShownMax) this.list.firstElementChild.remove();
    if (follows) this.list.scrollTop = this.list.scrollHeight;
    const skipped = skipped_bytes > 0 ? ` ${format.bytes(skipped_bytes)} were too much to show.` : '';
    const filtered = this.level.value || this.service.value || this.text.value || this.trace.value;
    this.state.textContent = this.list.childElementCount > 0 ? skipped
      : `No line${filtered ? ' that matches' : ''} yet.${skipped}`;
  }

  line({time, level, service, message, trace, file, raw}) {
    const at = new Date(time);
    const summary = element('summary', {},
      element('time', {datetime: at.toISOString()}, at.toLocaleTimeString([], {hour12: false})),
      element('span', {class: `level ${levelTone[level] ?? ''}`}, level || none),
      element('span', {class: 'service'}, service), element('span', {}, message));
    const details = element('details', {}, summary);
    details.addEventListener('toggle', () => {
      if (!details.open || details.childElementCount > 1) return;
      details.append(element('pre', {}, `${file}\n${raw}`));
      if (trace) {
        const button = element('button', {type: 'button'}, `lines of trace ${trace}`);
        button.addEventListener('click', () => {
          this.trace.value = trace;
          this.level.value = this.service.value = this.text.value = '';
          this.startOver();
        });
        details.append(button);
      }
    });
    return details;
  }

  remove() {
    this.generation = -1;
    clearTimeout(this.timer);
  }
}
