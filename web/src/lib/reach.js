// How far back a network looks, from the sizes of its gradients by distance.

// Sensitivities of the characters before a prediction, by distance (1: the last one read).
export function byDistance(sensitivity) {
  const x = [];
  const y = [];
  for (let distance = 1; distance <= sensitivity.length; distance++) {
    const value = sensitivity[sensitivity.length - distance];
    x.push(distance);
    y.push(value > 0 ? value : NaN); // a log scale has no place for 0
  }
  return { x, y };
}

// The first distance from which on every size is below `part` of the greatest; null: never.
export function reach(distance, size, part = 0.01) {
  const limit = Math.max(...size) * part;
  let last = -1;
  size.forEach((value, i) => {
    if (value >= limit) last = i;
  });
  return last + 1 < distance.length ? distance[last + 1] : null;
}

// Sizes as strengths 0 … 1 for shading: the square root keeps weak ones visible.
export function strengths(sizes) {
  const max = Math.max(...sizes, 1e-300);
  return Array.from(sizes, (size) => Math.sqrt(size / max));
}

// The rows of `memory/matrix` as a heat map: int8 [characters][predictions], each prediction's sizes as
// strengths of its own greatest; characters that come after it have none.
export function matrixValues(rows, characters) {
  const values = new Int8Array(characters * rows.length);
  rows.forEach((sizes, row) =>
    strengths(sizes).forEach(
      (strength, t) => (values[t * rows.length + row] = Math.round(strength * 127)),
    ),
  );
  return values;
}

// Characters that a memory lasts, in words: "less than one character", "about 12 characters".
export function lasting(halfLife) {
  if (halfLife === null || halfLife > 10000) return 'it does not fade along this text';
  if (halfLife < 1) return 'half of it is gone within one character';
  const number = halfLife < 9.95 ? halfLife.toFixed(1) : Math.round(halfLife).toLocaleString('en');
  return `half of it is gone after ${number} characters`;
}
