// What one character would teach the network: the loss, the gradient on a weight of the last layer, and
// what a step along it changes.
import { softmax } from './probability.js';

// scores: of every character; hidden: the last layer's output, from which they are computed; id: the
// character that the text has; rate: how far a step goes.
export function learn(scores, hidden, id, rate) {
  const before = softmax(scores);
  const unit = hidden.reduce((best, h, u) => (Math.abs(h) > Math.abs(hidden[best]) ? u : best), 0);
  // d loss / d score of a character = its probability, less 1 for the one that came.
  const scoreGradient = before.map((p, i) => p - (i === id ? 1 : 0));
  const gradient = scoreGradient[id] * hidden[unit];
  const step = -rate * gradient;
  const after = softmax(scores.map((s, i) => (i === id ? s + step * hidden[unit] : s)));
  const loss = (p) => -Math.log2(p);
  return {
    unit,
    gradient,
    step,
    scoreGradient,
    loss: loss(before[id]),
    newLoss: loss(after[id]),
    predicted: (step * gradient) / Math.LN2, // the change of the loss, were it a straight line
    probability: before[id],
    newProbability: after[id],
  };
}

// How much of a gradient is left after each step back, on average over what was measured: the factor
// f with size(d) about size(1) f^(d-1). sizes: by distance, the nearest first; NaN where it says nothing.
export function fading(sizes) {
  const logs = sizes.map((size, i) => [i, Math.log(size)]).filter(([, y]) => Number.isFinite(y));
  if (logs.length < 3) return NaN;
  const mean = (k) => logs.reduce((sum, point) => sum + point[k], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const above = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  const below = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return Math.exp(above / below);
}
