// Draws the next character as `charrnn sample` does: the same arithmetic in the same order, so the
// same scores and seed give the same text.
const BITS = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;
const PURPOSE = 0x73616d706c65n; // keeps these draws apart from charrnn's other ones

// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
function mix64(x) {
  x ^= x >> 30n;
  x = (x * 0xbf58476d1ce4e5b9n) & BITS;
  x ^= x >> 27n;
  x = (x * 0x94d049bb133111ebn) & BITS;
  return x ^ (x >> 31n);
}
const fold = (key, part, place) => mix64(key ^ ((part + place * GOLDEN) & BITS));

// position → a uniform number in [0, 1) for that character of the text. seed: a BigInt of 64 bits.
export function uniforms(seed) {
  const text = fold(mix64((seed + GOLDEN) & BITS), 0n, 1n); // the first text of the seed
  return (position) => {
    const key = fold(fold(text, BigInt(position), 2n), PURPOSE, 3n);
    return Number(key >> 11n) * 2 ** -53;
  };
}

const LOG2_E = 1.4426950408889634;
const LN2_HIGH = 0.6931471805582987; // ln 2 to 33 bits
const LN2_LOW = 1.646594958289708e-12; // and the rest
const ROUND = 1.5 * 2 ** 52; // added, it leaves the nearest integer
const FACTORIALS = [
  6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1,
];
const TERMS = FACTORIALS.map((factorial) => 1 / factorial);
const power = new Float64Array(1);
const powerWords = new Int32Array(power.buffer);

// exp(x) for x <= 0, with the same bits everywhere, which Math.exp does not promise.
export function deterministicExp(x) {
  const bounded = x < -709.1 ? -709.1 : x;
  // exp(x) = 2^n exp(r) with n = round(x / ln 2)
  const n = bounded * LOG2_E + ROUND - ROUND;
  const r = bounded - n * LN2_HIGH - n * LN2_LOW;
  let p = TERMS[0];
  for (let i = 1; i < TERMS.length; i++) p = p * r + TERMS[i];
  powerWords[1] = (n + 1023) << 20; // the exponent's bits; 0 where n is -1023
  return p * power[0];
}

function check(number) {
  if (Number.isFinite(number)) return;
  throw new Error('the network’s scores are not finite numbers: its weights are damaged');
}

function greedy(scores) {
  let best = 0;
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) check(NaN);
    if (scores[i] > scores[best]) best = i;
  }
  check(scores[best]);
  return best;
}

// Zeroes the weights that top-k and top-p cut off. Of equal scores the lower id comes first.
function cutTail(scores, { topK, topP }, weights) {
  const order = Array.from(scores, (_, i) => i);
  order.sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b] - scores[a]));
  const top = topK > 0 ? Math.min(topK, order.length) : order.length;
  let kept = top;
  if (topP < 1) {
    let total = 0;
    for (let i = 0; i < top; i++) total += weights[order[i]];
    let sum = 0;
    kept = 0;
    do sum += weights[order[kept++]];
    while (kept < top && sum < topP * total);
  }
  for (let i = kept; i < order.length; i++) weights[order[i]] = 0;
}

// The first i with weights[0] + … + weights[i] > uniform × their sum.
function pick(weights, uniform) {
  let total = 0;
  for (const weight of weights) total += weight;
  check(total);
  const firstWhere = (isReached) => {
    let sum = 0;
    return weights.findIndex((weight) => isReached((sum += weight)));
  };
  const found = firstWhere((sum) => sum > uniform * total);
  // If rounding made the product equal to the total: the last one with a weight.
  return found >= 0 ? found : firstWhere((sum) => sum === total);
}

// settings: temperature (0: the likeliest character), topK (0: off), topP (1: off), minP (0: off).
export function draw(scores, settings, uniform) {
  if (settings.temperature === 0) return greedy(scores);
  let max = scores[0];
  for (const score of scores) if (score > max) max = score;
  const weights = new Float64Array(scores.length);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = deterministicExp((scores[i] - max) / settings.temperature);
  }
  if (settings.topK > 0 || settings.topP < 1) cutTail(scores, settings, weights);
  if (settings.minP > 0) {
    for (let i = 0; i < weights.length; i++) if (weights[i] < settings.minP) weights[i] = 0;
  }
  return pick(weights, uniform);
}
