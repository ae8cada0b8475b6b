// Probabilities of the next character, from log probabilities or scores.

// p_i = exp(s_i / T) / sum_j exp(s_j / T); T = 0: all on the greatest.
export function softmax(scores, temperature = 1) {
  const max = Math.max(...scores);
  if (temperature === 0) {
    const best = scores.indexOf(max);
    return scores.map((_, i) => (i === best ? 1 : 0));
  }
  const powers = scores.map((score) => Math.exp((score - max) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// The index whose stretch of the running sum holds `uniform`.
export function draw(probabilities, uniform) {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] > 0) last = i;
    sum += probabilities[i];
    if (uniform < sum) return i;
  }
  return last;
}

// Bits: how many fair yes-or-no questions are left on average.
export function entropy(probabilities) {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log2(p);
  return sum;
}

export const bits = (logProbability) => -logProbability / Math.LN2;

// The indices of the `count` greatest values, greatest first.
export function greatest(values, count) {
  return Array.from(values, (_, i) => i)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, count);
}
