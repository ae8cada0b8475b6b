// The state of the page in the URL's hash, so that a link reproduces a picture: missing values take
// their default, unknown ones are ignored, the seed is always there. A text that is null has not been
// chosen: the view begins with one of the model's own.
const number = (fallback, min, max, whole = false) => ({
  fallback,
  read: (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
      return fallback;
    }
    return Math.min(max, Math.max(min, value));
  },
});
const choice = (...names) => ({
  fallback: names[0],
  read: (text) => (names.includes(text) ? text : names[0]),
});
export const MOST_TEXT = 16384; // characters that the server inspects at once
const text = (fallback = null, max = MOST_TEXT) => ({
  fallback,
  read: (t) => (t.length <= max ? t : [...t].slice(0, max).join('')),
});
const whole = (fallback, min, max) => number(fallback, min, max, true);

export const VIEWS = ['train', 'write', 'read', 'inside', 'memory', 'tour'];

export const FIELDS = {
  view: choice('', ...VIEWS, 'start'),
  model: text('', 300),
  seed: { ...whole(42, 0, Number.MAX_SAFE_INTEGER), always: true },
  // Write
  prompt: text(),
  fork: text(''), // what follows the prompt up to another choice
  temp: number(0.8, 0, 2),
  length: whole(300, 1, 5000),
  top_k: whole(0, 0, 1000),
  top_p: number(1, 0, 1),
  min_p: number(0, 0, 1),
  compare: choice('', '1'),
  // Inside
  text: text(),
  values: choice('', 'hidden', 'cell'),
  unit: text('', 20), // LAYER.UNIT
  sort: choice('alike', 'range', 'number', 'mean'),
  hold: number(1, -1, 1),
  holds: text('', 1000), // further units held: LAYER.UNIT:VALUE, separated by commas
  // Read
  against: text('', 300), // another model
  context: whole(5, 0, 8), // characters, of counting
  // Memory
  at: whole(-1, -1, 20000), // -1: the character after the end
  matrix: text('', 300), // whose matrix is shown, where it is not `model`'s
  donor: text(), // the text whose state is taken, and the one that goes on with it
  receiver: text(),
  taken: text('', 20), // what is taken: '' for the whole state, LAYER or LAYER.UNIT
  // Train
  runs: text('', 2000), // ids beside `model`, separated by commas, each percent-encoded
  axis: choice('step', 'seconds', 'characters'),
  scale: choice('linear', 'log'),
  smooth: number(0.6, 0, 0.99),
  sample: whole(-1, -1, 100000), // -1: the newest
  // Tour
  start: text(),
  drawn: text('', 500), // what the tour has drawn after `start`
  stage: whole(1, 1, 7),
  tour_temp: number(0.8, 0, 2),
  past: text(), // the two pasts and the character that follows both
  other: text(),
  shared: text(),
};
// What means nothing with another model.
export const OF_MODEL = ['fork', 'unit', 'holds', 'at', 'taken', 'sample', 'drawn'];

export function parse(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const state = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = given.get(name);
    state[name] = value === null ? field.fallback : field.read(value);
  }
  return state;
}

export function format(state) {
  const parameters = new URLSearchParams();
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = state[name];
    if (value === null || value === undefined) continue;
    if (field.always || value !== field.fallback) {
      parameters.set(name, String(value));
    }
  }
  return `#${parameters}`;
}

export function parseUnit(unit) {
  const match = /^(\d{1,4})\.(\d{1,6})$/.exec(unit);
  return match ? { layer: Number(match[1]), unit: Number(match[2]) } : null;
}

// The server takes 64 of different units; one is the unit of the link itself.
export const MOST_HELD = 63;

export function parseHolds(holds) {
  const all = new Map();
  for (const part of holds.split(',')) {
    const [place, value] = part.split(':');
    const unit = parseUnit(place);
    const number = Number(value || NaN);
    if (unit && Math.abs(number) <= 1) all.set(place, { ...unit, value: number });
  }
  return [...all.values()].slice(0, MOST_HELD);
}

export const formatHolds = (holds) =>
  holds.map((one) => `${one.layer}.${one.unit}:${one.value}`).join(',');
