// Gated recurrent unit (Cho et al. 2014), as PyTorch's nn.GRU has it: the reset gate acts after the
// product, so the two biases of n can't be added. Gates in the order r, z, n:
//
//   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
//   z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
//   n = tanh(W_in x + b_in + r u)      u = W_hn h + b_hn
//   h' = (1 - z) n + z h = n + z (h - n)
#pragma once

#include <string_view>

namespace charrnn {

struct Gru {
  static constexpr std::string_view name = "gru";
  static constexpr std::string_view torch_name = "GRU";
  static constexpr int gates = 3;
  static constexpr int sums = 4;  // a_r, a_z, the input's share of n, and u
  static constexpr int input_sum[gates] = {0, 1, 2};
  static constexpr int recurrent_sum[gates] = {0, 1, 3};
  static constexpr int states = 1;  // h
  static constexpr int saved = 4;   // r, z, n, u
  static constexpr std::string_view saved_names[saved] = {"r", "z", "n", "u"};
  static constexpr int keep_gate = 1;  // z

  template <class Number>
  static constexpr void forward(const Number* sum, Number* state, Number* save) {
    const Number r = sigmoid(sum[0]), z = sigmoid(sum[1]), u = sum[3];
    const Number n = tanh(sum[2] + r * u);
    state[0] = n + z * (state[0] - n);
    save[0] = r, save[1] = z, save[2] = n, save[3] = u;
  }

  template <class Number>
  static constexpr void backward(const Number* save, const Number* previous, Number* d_state,
                                 Number* d_sum) {
    const Number one(1.0f);
    const Number r = save[0], z = save[1], n = save[2], u = save[3];
    const Number dh = d_state[0];
    const Number d_n = dh * (one - z) * (one - n * n);
    d_sum[0] = d_n * u * (r * (one - r));
    d_sum[1] = dh * (previous[0] - n) * (z * (one - z));
    d_sum[2] = d_n;
    d_sum[3] = d_n * r;
    d_state[0] = dh * z;
  }
};

}  // namespace charrnn
