// A development stand-in for a model: a small vanilla network with fixed random weights and, so that
// its text looks like text, scores that come from counting three-character contexts.
const TEXT =
  '\nnatural language processing (nlp) is a subfield of linguistics, computer science, and artificial intelligence concerned with the interactions between computers and human language.\nthe goal is a computer capable of understanding the contents of documents.\nrecurrent neural networks (rnns) were once commonly used for such tasks.\n';
export const vocabulary = [...new Set(TEXT)].sort();
const V = vocabulary.length;
const E = 16;
export const H = 64;
export const LAYERS = 2;

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
  Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => (next() * 2 - 1) * scale),
  );
const embedding = matrix(V, E, 1);
const input = [matrix(H, E, 0.5), matrix(H, H, 0.25)];
const hidden = [matrix(H, H, 0.2), matrix(H, H, 0.2)];
const times = (m, v) => m.map((row) => row.reduce((sum, w, i) => sum + w * v[i], 0));

const counts = new Map();
for (let i = 0; i < TEXT.length; i++) {
  for (let n = 0; n <= 3 && n <= i; n++) {
    const context = TEXT.slice(i - n, i);
    if (!counts.has(context)) counts.set(context, new Array(V).fill(0));
    counts.get(context)[vocabulary.indexOf(TEXT[i])] += 1;
  }
}
export function scores(text) {
  const sums = new Array(V).fill(1e-4);
  for (let n = 0; n <= 3; n++) {
    const seen = n <= text.length && counts.get(text.slice(text.length - n));
    if (seen) seen.forEach((c, i) => (sums[i] += (c * 9 ** n) / 50));
  }
  return sums.map((s) => Math.log(s));
}

const idsOf = (text) => [...text].map((c) => vocabulary.indexOf(c)).filter((id) => id >= 0);

// Every step of a text: what the tour shows, without the draw.
export function read(text) {
  let state = [new Array(H).fill(0), new Array(H).fill(0)];
  return idsOf(text).map((id) => {
    let x = embedding[id];
    const layers = state.map((before, layer) => {
      const fromInput = times(input[layer], x);
      const fromHidden = times(hidden[layer], before);
      const after = fromInput.map((v, i) => Math.tanh(v + fromHidden[i]));
      const shown = {
        layer,
        input: x,
        hidden_before: before,
        hidden_after: after,
        from_input: { h: fromInput },
        from_hidden: { h: fromHidden },
        gates: {},
      };
      x = after;
      return shown;
    });
    state = layers.map((layer) => layer.hidden_after);
    return { id, embedding: embedding[id], layers };
  });
}
export const uniform = (seed, position) => random(seed * 1000003 + position)();
