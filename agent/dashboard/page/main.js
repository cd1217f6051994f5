// The frame: which dashboard, which range, how often.

const kIntervalMs = 5000;
const kRanges = [[900, '15 min'], [3600, '1 h'], [6 * 3600, '6 h'], [24 * 3600, '24 h'], [3 * 86400, '3 days']];

const byId = (id) => document.getElementById(id);

const app = {
  isPaused: false,
  parts: [],

  start() {
    const range = byId('range');
    range.append(...kRanges.map(([seconds, title]) => element('option', {value: seconds}, title)));
    range.addEventListener('change', () => this.look());
    byId('pause').addEventListener('click', () => this.pause(!this.isPaused));
    byId('theme').addEventListener('click', () => this.setTheme(this.theme() === 'dark' ? 'light' : 'dark'));
    this.setTheme(localStorage.getItem('sawlog.theme') ?? this.theme());
    byId('token-form').addEventListener('submit', (event) => this.takeToken(event));
    window.addEventListener('popstate', () => this.open());
    this.open();
  },

  theme() {
    return document.documentElement.dataset.theme ??
      (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  },

  setTheme(theme) {
    if (document.documentElement.dataset.theme !== undefined) localStorage.setItem('sawlog.theme', theme);
    document.documentElement.dataset.theme = theme;
    for (const part of this.parts) part.forget?.();
    this.look();
  },

  pause(isPaused) {
    this.isPaused = isPaused;
    byId('pause').setAttribute('aria-pressed', String(isPaused));
    byId('pause').textContent = isPaused ? 'Go on' : 'Pause';
    if (!isPaused) this.look();
  },

  // The dashboard of the address; without one the first.
  open() {
    const id = location.pathname.split('/').at(-1);
    const page = pages.find((each) => each.id === id) ?? pages[0];
    const below = endpoint.base.endsWith('/monitoring/') ? '' : 'monitoring/';
    byId('pages').replaceChildren(...pages.map((each) => {
      const link = element('a', {href: `${endpoint.base}${below}${each.id}`,
        'aria-current': each === page ? 'page' : undefined}, each.title);
      link.addEventListener('click', (event) => this.follow(event, link));
      return link;
    }));
    document.title = `${page.title} – Sawlog`;
    for (const part of this.parts) part.remove?.();
    this.parts = page.parts();
    byId('content').replaceChildren(...this.parts.map((part) => part.element));
    this.look();
  },

  follow(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    endpoint.base = location.pathname.replace(/[^/]*$/, '');
    this.open();
    byId('content').focus();
  },

  async look() {
    clearTimeout(this.timer);
    const generation = (this.generation = (this.generation ?? 0) + 1);
    if (!this.isPaused) {
      try {
        await this.update(() => generation === this.generation);
        this.worked();
      } catch (failure) {
        this.failed(failure);
      }
    }
    if (generation === this.generation) this.timer = setTimeout(() => this.look(), kIntervalMs);
  },

  async update(isCurrent) {
    const has = (method) => this.parts.some((part) => part[method]);
    const [metrics, recent] = await Promise.all([
      has('update') ? endpoint.text('metrics').then((text) => new Metrics(text)) : undefined,
      has('draw') ? endpoint.json(`history?range=${byId('range').value}`).then((answer) => new Recent(answer)) : undefined,
      ...this.parts.filter((part) => part instanceof StatusTables).map((part) => part.look()),
    ]);
    if (!isCurrent()) return;
    for (const part of this.parts) {
      part.update?.(metrics);
      part.draw?.(recent);
    }
  },

  worked() {
    byId('notice').hidden = true;
  },

  failed(failure) {
    const needsToken = failure instanceof TokenNeeded;
    byId('token-form').hidden = !needsToken;
    byId('notice').hidden = needsToken;
    byId('notice').textContent = `The agent does not answer: ${failure.message}`;
  },

  takeToken(event) {
    event.preventDefault();
    sessionStorage.setItem('sawlog.token', byId('token').value);
    byId('token-form').hidden = true;
    this.open();
  },
};

document.addEventListener('DOMContentLoaded', () => app.start());
