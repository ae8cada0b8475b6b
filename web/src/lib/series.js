// Curves of a run: smoothing, axes and the time that is left.

// Exponential moving average, corrected for its start, so that the first points are not dragged.
export function smooth(values, weight) {
  let average = 0;
  let total = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = weight * average + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return average / total;
  });
}

// y at x along the points (xs rising), straight between them.
export function interpolate(xs, ys, x) {
  if (xs.length === 0) return NaN;
  if (x <= xs[0]) return ys[0];
  let low = 0;
  let high = xs.length - 1;
  if (x >= xs[high]) return ys[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  const part = (x - xs[low]) / (xs[high] - xs[low]);
  return ys[low] + part * (ys[high] - ys[low]);
}

// Series on different steps as one table: [xs, ys of the first, …], null where one has no point.
export function join(series) {
  const xs = [...new Set(series.flatMap((one) => one.x))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = series.map((one) => {
    const column = new Array(xs.length).fill(null);
    one.x.forEach((x, i) => {
      if (Number.isFinite(one.y[i])) column[place.get(x)] = one.y[i];
    });
    return column;
  });
  return [xs, ...columns];
}

export const addLine = (series, line) => {
  for (const [name, value] of Object.entries(line)) {
    if (name === 'step' || typeof value !== 'number') continue;
    const one = (series[name] ??= { step: [], value: [] });
    const last = one.step.at(-1);
    if (last !== undefined && line.step <= last) continue; // seen before
    one.step.push(line.step);
    one.value.push(value);
  }
};

// How much of a run is done (0 … 1), from its newest report and what its configuration asks for;
// NaN where it does not say. Whichever limit comes first ends the run.
export function partDone(last, config, totalSeconds) {
  const asked = (key) => {
    const match = new RegExp(`^\\s*${key}\\s*=\\s*"?([0-9.]+)([smhd]?)"?\\s*(#.*)?$`, 'm').exec(
      config,
    );
    return match ? Number(match[1]) * { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2]] : 0;
  };
  const parts = [
    [last.step, asked('steps')],
    [last.epoch, asked('epochs')],
    [last.seconds, totalSeconds ?? 0],
  ]
    .filter(([done, whole]) => done >= 0 && whole > 0)
    .map(([done, whole]) => Math.min(1, done / whole));
  return parts.length ? Math.max(...parts) : NaN;
}

// Of the numbers above zero; NaN where there are none.
export function median(values) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : NaN;
}
