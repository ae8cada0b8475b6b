// Fills an instruction set's table from the templates. Included by the isa_*.cc files alone.
#pragma once

#include "engine/cpu/kernels/backward_kernel.h"
#include "engine/cpu/kernels/dropout_mask.h"
#include "engine/cpu/kernels/forward_kernel.h"
#include "engine/cpu/kernels/inference_kernel.h"
#include "engine/cpu/kernels/measure_kernel.h"
#include "engine/cpu/kernels/product_kernel.h"
#include "engine/cpu/kernels/softmax_kernel.h"
#include "engine/cpu/kernels/update_kernel.h"
#include "engine/cpu/kernels/weight_gradient_kernel.h"

namespace charrnn::cpu {

// registers: how many vector registers the set has. Cells in the order of CellKind.
template <class O, int registers>
constexpr Kernels<typename O::Stored> make_kernels() {
  return {
      .forward_step = {forward_step<O, Rnn, registers>, forward_step<O, Lstm, registers>,
                       forward_step<O, Gru, registers>},
      .backward_step = {backward_step<O, Rnn, registers>, backward_step<O, Lstm, registers>,
                        backward_step<O, Gru, registers>},
      .product = product<O, registers>,
      .weight_gradient = weight_gradient<O, registers>,
      .softmax_loss = softmax_loss<O>,
      .pack = pack<O>,
      .to_saved = to_saved<O>,
      .multiply_adds = multiply_adds<O, registers>,
      .group = O::kGroup,
      .inference = make_inference_kernels<O, registers>(),
  };
}

template <class V>
constexpr FloatKernels make_float_kernels() {
  return {
      .update = update<V>,
      .mask_weights = mask_weights<V>,
      .sum_and_square = sum_and_square<V>,
      .read = read<V>,
      .tanh = [](const float* x, float* y,
                 int64_t count) { map<V>(x, y, count, [](V value) { return tanh(value); }); },
      .sigmoid = [](const float* x, float* y,
                    int64_t count) { map<V>(x, y, count, [](V value) { return sigmoid(value); }); },
      .exp = [](const float* x, float* y,
                int64_t count) { map<V>(x, y, count, [](V value) { return exp(value); }); },
  };
}

}  // namespace charrnn::cpu
