// The cells, as PyTorch's nn.RNN, nn.LSTM and nn.GRU have them. `input` is W_ih x + b_ih and
// `recurrent` W_hh h + b_hh, gate after gate; step() moves the state of `size` units on.
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

export const CELLS = {
  rnn: {
    gates: 1,
    states: 1, // h
    step(input, recurrent, size, [h]) {
      for (let i = 0; i < size; i++) h[i] = Math.tanh(input[i] + recurrent[i]);
    },
  },
  lstm: {
    gates: 4, // i, f, g, o
    states: 2, // h, c
    step(input, recurrent, size, [h, c]) {
      const sum = (gate, i) => input[gate * size + i] + recurrent[gate * size + i];
      for (let i = 0; i < size; i++) {
        c[i] = sigmoid(sum(1, i)) * c[i] + sigmoid(sum(0, i)) * Math.tanh(sum(2, i));
        h[i] = sigmoid(sum(3, i)) * Math.tanh(c[i]);
      }
    },
  },
  gru: {
    gates: 3, // r, z, n
    states: 1, // h
    step(input, recurrent, size, [h]) {
      for (let i = 0; i < size; i++) {
        const r = sigmoid(input[i] + recurrent[i]);
        const z = sigmoid(input[size + i] + recurrent[size + i]);
        const n = Math.tanh(input[2 * size + i] + r * recurrent[2 * size + i]);
        h[i] = n + z * (h[i] - n);
      }
    },
  },
};
