// The simple recurrent unit (Elman 1990), as PyTorch's nn.RNN has it:
//
//   h' = tanh(a)      a = W_ih x + b_ih + W_hh h + b_hh
#pragma once

#include <string_view>

namespace charrnn {

struct Rnn {
  static constexpr std::string_view name = "rnn";
  static constexpr std::string_view torch_name = "RNN";
  static constexpr int gates = 1;
  static constexpr int sums = 1;
  static constexpr int input_sum[gates] = {0};
  static constexpr int recurrent_sum[gates] = {0};
  static constexpr int states = 1;  // h
  static constexpr int saved = 1;   // h'
  static constexpr std::string_view saved_names[saved] = {"h"};
  static constexpr int keep_gate = -1;

  template <class Number>
  static constexpr void forward(const Number* sum, Number* state, Number* save) {
    state[0] = save[0] = tanh(sum[0]);
  }

  // tanh'(a) = 1 - tanh(a)^2
  template <class Number>
  static constexpr void backward(const Number* save, const Number*, Number* d_state,
                                 Number* d_sum) {
    d_sum[0] = d_state[0] * (Number(1.0f) - save[0] * save[0]);
    d_state[0] = Number(0.0f);
  }
};

}  // namespace charrnn
