// Optimizer formulas for one parameter over a number-like type, shared by all engines.
#pragma once

#include <cmath>
#include <cstdint>

namespace charrnn {

// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019), in the order
// of PyTorch's AdamW; with weight decay 0 it is PyTorch's Adam. g: the clipped gradient; t: the
// step.
//
//   w = w - lr decay w
//   m = beta1 m + (1 - beta1) g         v = beta2 v + (1 - beta2) g^2
//   w = w - (lr / (1 - beta1^t)) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
template <class Number>
struct Adam {
  Number decay;  // 1 - lr weight_decay, or 1 where none applies
  Number beta1, one_minus_beta1;
  Number beta2, one_minus_beta2;
  Number step_size;   // lr / (1 - beta1^t)
  Number root_scale;  // 1 / sqrt(1 - beta2^t)
  Number epsilon;

  constexpr void operator()(Number& w, Number& m, Number& v, Number g) const {
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * (g * g);
    w = w * decay - step_size * m / (sqrt(v) * root_scale + epsilon);
  }
};

// Adam's correction of moments that began at zero, at step t (from 1 on).
struct AdamBiasCorrection {
  double step_size;   // lr / (1 - beta1^t)
  double root_scale;  // 1 / sqrt(1 - beta2^t)
};
inline AdamBiasCorrection adam_bias_correction(double learning_rate, double beta1, double beta2,
                                               int64_t step) {
  const double t = static_cast<double>(step);
  return {learning_rate / (1 - std::pow(beta1, t)), 1 / std::sqrt(1 - std::pow(beta2, t))};
}

// RMSProp as char-rnn has it (Torch's optim.rmsprop; no bias correction):
//
//   v = alpha v + (1 - alpha) g^2       w = w - lr g / (sqrt(v) + epsilon)
template <class Number>
struct Rmsprop {
  Number decay;
  Number alpha, one_minus_alpha;
  Number learning_rate;
  Number epsilon;

  constexpr void operator()(Number& w, Number&, Number& v, Number g) const {
    v = alpha * v + one_minus_alpha * (g * g);
    w = w * decay - learning_rate * g / (sqrt(v) + epsilon);
  }
};

// The factor of PyTorch's clip_grad_norm_.
constexpr double clip_scale(double norm, double limit) {
  const double scale = limit / (norm + 1e-6);
  return scale < 1 ? scale : 1;
}

}  // namespace charrnn
