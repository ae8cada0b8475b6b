// The network's arrays and its matrix-vector products in plain loops, for browsers without vector
// instructions in WebAssembly. vector-kernel.js is tested against it.
export class PlainKernel {
  name = 'plain JavaScript';

  vector(size, values = []) {
    const vector = new Float32Array(size);
    vector.set(values);
    return vector;
  }

  // values: rows × columns, row-major.
  matrix(rows, columns, values) {
    return { rows, columns, values };
  }

  // y = bias + W x
  product({ rows, columns, values }, x, bias, y) {
    for (let row = 0; row < rows; row++) {
      const begin = row * columns;
      let sum = 0;
      for (let column = 0; column < columns; column++) sum += values[begin + column] * x[column];
      y[row] = bias[row] + sum;
    }
  }
}
