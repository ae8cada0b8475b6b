// A development stand-in for a model: a small vanilla network with fixed random weights and, so that
// its text looks like text, scores that come from counting three-character contexts.
const kText =
  '\nnatural language processing (nlp) is a subfield of linguistics, computer science, and artificial intelligence concerned with the interactions between computers and human language.\nthe goal is a computer capable of understanding the contents of documents.\nrecurrent neural networks (rnns) were once commonly used for such tasks.\n';
export const vocabulary = [...new Set(kText)].sort();
const kV = vocabulary.length;
const kE = 16;
export const kH = 64;
export const kLayers = 2;

function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const next = random(7);
const matrix = (rows, columns, scale) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => (next() * 2 - 1) * scale));
const embedding = matrix(kV, kE, 1);
const input = [matrix(kH, kE, 0.5), matrix(kH, kH, 0.25)];
const hidden = [matrix(kH, kH, 0.2), matrix(kH, kH, 0.2)];
const times = (m, v) => m.map((row) => row.reduce((sum, w, i) => sum + w * v[i], 0));

const counts = new Map();
for (let i = 0; i < kText.length; i++) {
  for (let n = 0; n <= 3 && n <= i; n++) {
    const context = kText.slice(i - n, i);
    if (!counts.has(context)) counts.set(context, new Array(kV).fill(0));
    counts.get(context)[vocabulary.indexOf(kText[i])] += 1;
  }
}
export function scores(text) {
  const sums = new Array(kV).fill(1e-4);
  for (let n = 0; n <= 3; n++) {
    const seen = n <= text.length && counts.get(text.slice(text.length - n));
    if (seen) seen.forEach((c, i) => (sums[i] += c * 9 ** n / 50));
  }
  return sums.map((s) => Math.log(s));
}
export const ids_of = (text) => [...text].map((c) => vocabulary.indexOf(c)).filter((id) => id >= 0);

// Every step of a text: what the tour shows, without the draw.
export function read(text) {
  let state = [new Array(kH).fill(0), new Array(kH).fill(0)];
  return ids_of(text).map((id) => {
    let x = embedding[id];
    const layers = state.map((before, layer) => {
      const from_input = times(input[layer], x);
      const from_hidden = times(hidden[layer], before);
      const after = from_input.map((v, i) => Math.tanh(v + from_hidden[i]));
      const shown = { layer, input: x, hidden_before: before, hidden_after: after, from_input: { h: from_input }, from_hidden: { h: from_hidden }, gates: {} };
      x = after;
      return shown;
    });
    state = layers.map((layer) => layer.hidden_after);
    return { id, embedding: embedding[id], layers };
  });
}
export const uniform = (seed, position) => random(seed * 1000003 + position)();
