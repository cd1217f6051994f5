// Figures as people read them; '–' for what is not there.

const none = '–';

function scaled(value, step, units) {
  let size = Math.abs(value);
  let unit = 0;
  while (size >= step && unit < units.length - 1) {
    size /= step;
    value /= step;
    ++unit;
  }
  return short(value) + units[unit];
}

function short(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 10000) return String(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const guarded = (format) => (value) => (Number.isFinite(value) ? format(value) : none);

const format = {
  // Exactly as /metrics has it, but for the separators.
  count: guarded((value) => value.toLocaleString('en-US', {maximumFractionDigits: 6})),
  number: guarded((value) => scaled(value, 1000, ['', ' k', ' M', ' G', ' T'])),
  rate: guarded((value) => `${scaled(value, 1000, ['', ' k', ' M', ' G'])}/s`),
  bytes: guarded((value) => scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB'])),
  byteRate: guarded((value) => `${scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB'])}/s`),
  percent: guarded((value) => `${short(value * 100)} %`),
  dollars: guarded((value) => {
    if (value >= 10000) return `$${scaled(value, 1000, ['', ' k', ' M', ' G'])}`;
    return `$${value === 0 ? 0 : value.toFixed(value < 1 ? 4 : 2)}`;
  }),
  share: guarded(short),
  seconds: guarded((value) => {
    if (value === 0) return '0 s';
    if (value < 1e-3) return `${short(value * 1e6)} µs`;
    if (value < 1) return `${short(value * 1e3)} ms`;
    if (value < 120) return `${short(value)} s`;
    return value < 7200 ? `${short(value / 60)} min` : `${short(value / 3600)} h`;
  }),
};

// An element with text or children. Log lines come here: never as HTML.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
