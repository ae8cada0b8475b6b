// Reads characters: embedding → recurrent layers → scores of the next character.
import { CELLS } from './cells.js';
import { room } from './vector-kernel.js';

// How many numbers a network of these sizes keeps in its kernel.
export function networkRoom({ cell, layers, hiddenSize: hidden, embeddingSize, vocabularySize }) {
  const rows = CELLS[cell].gates * hidden;
  const perLayer = [rows, rows, rows, rows, hidden]; // biases, sums and h
  return room(
    [embeddingSize, ...Array(layers).fill(perLayer).flat(), vocabularySize, vocabularySize],
    [
      [rows, embeddingSize],
      ...Array(2 * layers - 1).fill([rows, hidden]),
      [vocabularySize, hidden],
    ],
  );
}

export class Network {
  #shares = new Map(); // of layer 0: character → W_ih x + b_ih, computed when first read

  // config: the sizes. tensor(name): its numbers by PyTorch's name, row-major, or undefined for the
  // embedding of one-hot input.
  constructor(config, tensor, kernel) {
    const { hiddenSize: hidden, embeddingSize, vocabularySize, layers } = config;
    this.config = config;
    this.kernel = kernel;
    this.cell = CELLS[config.cell];
    const rows = this.cell.gates * hidden;
    this.embedding = tensor('embedding.weight');
    this.embedded = kernel.vector(embeddingSize);
    this.layers = Array.from({ length: layers }, (_, k) => ({
      inputWeights: kernel.matrix(
        rows,
        k === 0 ? embeddingSize : hidden,
        tensor(`rnn.weight_ih_l${k}`),
      ),
      inputBias: kernel.vector(rows, tensor(`rnn.bias_ih_l${k}`)),
      recurrentWeights: kernel.matrix(rows, hidden, tensor(`rnn.weight_hh_l${k}`)),
      recurrentBias: kernel.vector(rows, tensor(`rnn.bias_hh_l${k}`)),
      input: kernel.vector(rows),
      recurrent: kernel.vector(rows),
      h: kernel.vector(hidden),
    }));
    this.outputWeights = kernel.matrix(vocabularySize, hidden, tensor('fc.weight'));
    this.outputBias = kernel.vector(vocabularySize, tensor('fc.bias'));
    this.scores = kernel.vector(vocabularySize);
  }

  // Zeros: for each layer its h and, of an LSTM, c.
  newState() {
    return this.layers.map(() =>
      Array.from({ length: this.cell.states }, () => new Float32Array(this.config.hiddenSize)),
    );
  }

  // Reads a character, which moves the state on. Returns the scores of the next one: valid until the
  // next call.
  advance(id, state) {
    const { kernel, layers } = this;
    const size = this.config.hiddenSize;
    let input = this.#share(id);
    for (let k = 0; k < layers.length; k++) {
      const layer = layers[k];
      if (k > 0) {
        kernel.product(layer.inputWeights, layers[k - 1].h, layer.inputBias, layer.input);
        input = layer.input;
      }
      layer.h.set(state[k][0]);
      kernel.product(layer.recurrentWeights, layer.h, layer.recurrentBias, layer.recurrent);
      this.cell.step(input, layer.recurrent, size, state[k]);
      layer.h.set(state[k][0]);
    }
    kernel.product(this.outputWeights, layers.at(-1).h, this.outputBias, this.scores);
    return this.scores;
  }

  #share(id) {
    let share = this.#shares.get(id);
    if (!share) {
      const { inputWeights, inputBias, input } = this.layers[0];
      if (this.embedding) {
        const size = this.config.embeddingSize;
        this.embedded.set(this.embedding.subarray(id * size, (id + 1) * size));
      } else {
        this.embedded.fill(0);
        this.embedded[id] = 1;
      }
      this.kernel.product(inputWeights, this.embedded, inputBias, input);
      share = input.slice();
      this.#shares.set(id, share);
    }
    return share;
  }
}

export function clearState(state) {
  for (const layer of state) for (const values of layer) values.fill(0);
}
export const copyState = (state) => state.map((layer) => layer.map((values) => values.slice()));
