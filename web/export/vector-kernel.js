// The network's arrays in the memory of kernel.wat, and its products there: of 4 × 4 numbers at a
// time, so every size is padded with zeros to a multiple of 4.
const PAGE = 65536; // bytes, WebAssembly's unit
const padded = (size) => Math.ceil(size / 4) * 4;

// How many numbers these arrays take: vectors by size, matrices by [rows, columns].
export const room = (vectors, matrices) =>
  vectors.reduce((sum, size) => sum + padded(size), 0) +
  matrices.reduce((sum, [rows, columns]) => sum + padded(rows) * padded(columns), 0);

export class VectorKernel {
  name = 'WebAssembly SIMD';
  #memory;
  #product;
  #used = 0; // bytes

  // code: kernel.wat, assembled. numbers: room for all arrays. Throws where the browser lacks vector
  // instructions or the memory.
  constructor(code, numbers) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil((numbers * 4) / PAGE) });
    const module = new WebAssembly.Module(code);
    const { exports } = new WebAssembly.Instance(module, { page: { memory: this.#memory } });
    this.#product = exports.product;
  }

  // Of `size` numbers; zeros stand behind them.
  vector(size, values = []) {
    const vector = new Float32Array(this.#memory.buffer, this.#used, size);
    this.#used += padded(size) * 4;
    vector.set(values);
    return vector;
  }

  matrix(rows, columns, values) {
    const stride = padded(columns);
    const matrix = new Float32Array(this.#memory.buffer, this.#used, padded(rows) * stride);
    this.#used += matrix.byteLength;
    for (let row = 0; row < rows; row++) {
      matrix.set(values.subarray(row * columns, (row + 1) * columns), row * stride);
    }
    return { rows, columns, begin: matrix.byteOffset };
  }

  // y = bias + W x
  product({ rows, columns, begin }, x, bias, y) {
    const { byteOffset: from } = x;
    this.#product(begin, from, bias.byteOffset, y.byteOffset, padded(rows), padded(columns));
  }
}
