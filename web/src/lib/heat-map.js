// The arithmetic of the heat map: colours, and the window (which units and characters are in view).

// 256 colours from below zero through paper to above it, as 32-bit RGBA in memory order. Index =
// int8 value + 128.
export function palette(below, middle, above) {
  const colors = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const value = Math.max(-1, (i - 128) / 127);
    const end = value < 0 ? below : above;
    const part = Math.abs(value) ** 0.8;
    const [r, g, b] = middle.map((m, c) => Math.round(m + (end[c] - m) * part));
    colors[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return colors;
}

// values: int8 [times][units]; order: the unit of each row. Fills pixels [units][times].
export function paint(values, times, units, order, colors, pixels) {
  for (let row = 0; row < order.length; row++) {
    const unit = order[row];
    const base = row * times;
    for (let time = 0; time < times; time++) {
      pixels[base + time] = colors[values[time * units + unit] + 128];
    }
  }
}

// A window {x, y, width, height} in cells, kept inside a map of columns × rows.
export function bound(view, columns, rows) {
  const width = Math.min(columns, Math.max(8, view.width));
  const height = Math.min(rows, Math.max(4, view.height));
  return {
    x: Math.min(Math.max(0, view.x), columns - width),
    y: Math.min(Math.max(0, view.y), rows - height),
    width,
    height,
  };
}

export function zoom(view, factor, atX, atY, columns, rows) {
  const width = Math.min(columns, Math.max(8, view.width * factor));
  const height = Math.min(rows, Math.max(4, view.height * factor));
  return bound(
    {
      x: atX - ((atX - view.x) * width) / view.width,
      y: atY - ((atY - view.y) * height) / view.height,
      width,
      height,
    },
    columns,
    rows,
  );
}

// Units each beside the one whose values go most alike (or most opposite), beginning with the one that
// moves most. Of a long text every so many characters are compared.
function clusterUnits(values, times, units, first) {
  const every = Math.ceil(times / 300);
  const count = Math.ceil(times / every);
  const rows = Array.from({ length: units }, (_, unit) => {
    const row = new Float32Array(count);
    for (let i = 0; i < count; i++) row[i] = values[i * every * units + unit];
    const mean = row.reduce((sum, v) => sum + v, 0) / count;
    const size = Math.sqrt(row.reduce((sum, v) => sum + (v - mean) ** 2, 0)) || 1;
    return row.map((v) => (v - mean) / size);
  });
  const left = new Set(rows.keys());
  const order = [];
  for (let unit = first; unit !== undefined;) {
    order.push(unit);
    left.delete(unit);
    let best;
    let most = -1;
    for (const other of left) {
      let alike = 0;
      for (let i = 0; i < count; i++) alike += rows[unit][i] * rows[other][i];
      if (Math.abs(alike) > most) [best, most] = [other, Math.abs(alike)];
    }
    unit = best;
  }
  return order;
}

// Units in an order. 'alike': neighbours behave alike; 'range': those that move most first; 'mean':
// from low to high; 'number': as they are.
export function orderUnits(values, times, units, by) {
  const order = Array.from({ length: units }, (_, i) => i);
  if (by === 'number') return order;
  const mean = new Float64Array(units);
  const square = new Float64Array(units);
  for (let time = 0; time < times; time++) {
    for (let unit = 0; unit < units; unit++) {
      const value = values[time * units + unit];
      mean[unit] += value / times;
      square[unit] += (value * value) / times;
    }
  }
  const key = by === 'mean' ? mean : square.map((s, i) => mean[i] * mean[i] - s);
  order.sort((a, b) => key[a] - key[b]);
  return by === 'alike' ? clusterUnits(values, times, units, order[0]) : order;
}
