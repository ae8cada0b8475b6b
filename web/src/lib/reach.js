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
