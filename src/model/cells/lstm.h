// Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000), as
// PyTorch's nn.LSTM has it. Each a is W_ih x + b_ih + W_hh h + b_hh of its gate; gates in the order
// i, f, g, o:
//
//   i = sigmoid(a_i)   f = sigmoid(a_f)   g = tanh(a_g)   o = sigmoid(a_o)
//   c' = f c + i g     h' = o tanh(c')
#pragma once

#include <string_view>

namespace charrnn {

struct Lstm {
  static constexpr std::string_view name = "lstm";
  static constexpr std::string_view torch_name = "LSTM";
  static constexpr int gates = 4;
  static constexpr int sums = 4;
  static constexpr int input_sum[gates] = {0, 1, 2, 3};
  static constexpr int recurrent_sum[gates] = {0, 1, 2, 3};
  static constexpr int states = 2;  // h, c
  static constexpr int carry = 1;   // f
  static constexpr int saved = 5;   // i, f, g, o, tanh(c')
  static constexpr std::string_view saved_names[saved] = {"i", "f", "g", "o", "tanh_c"};
  static constexpr int keep_gate = 1;  // f

  template <class Number>
  static constexpr void forward(const Number* sum, Number* state, Number* save) {
    const Number i = sigmoid(sum[0]), f = sigmoid(sum[1]), g = tanh(sum[2]), o = sigmoid(sum[3]);
    state[1] = f * state[1] + i * g;
    const Number tanh_c = tanh(state[1]);
    state[0] = o * tanh_c;
    save[0] = i, save[1] = f, save[2] = g, save[3] = o, save[4] = tanh_c;
  }

  // previous: the state before the step. sigmoid'(a) = s (1 - s), tanh'(a) = 1 - t^2.
  template <class Number>
  static constexpr void backward(const Number* save, const Number* previous, Number* d_state,
                                 Number* d_sum) {
    const Number one(1.0f);
    const Number i = save[0], f = save[1], g = save[2], o = save[3], tanh_c = save[4];
    const Number dh = d_state[0];
    const Number dc = d_state[1] + dh * o * (one - tanh_c * tanh_c);
    d_sum[0] = dc * g * (i * (one - i));
    d_sum[1] = dc * previous[1] * (f * (one - f));
    d_sum[2] = dc * i * (one - g * g);
    d_sum[3] = dh * tanh_c * (o * (one - o));
    d_state[0] = Number(0.0f);
    d_state[1] = dc * f;
  }
};

}  // namespace charrnn
