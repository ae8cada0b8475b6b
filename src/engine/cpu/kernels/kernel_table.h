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

template <class O, int registers, class... Cell>
constexpr Kernels<typename O::Stored> make_kernels(CellList<Cell...> cells) {
  return {
      .forward_step = {forward_step<O, Cell, registers>...},
      .backward_step = {backward_step<O, Cell, registers>...},
      .product = product<O, registers>,
      .weight_gradient = weight_gradient<O, registers>,
      .softmax_loss = softmax_loss<O>,
      .pack = pack<O>,
      .to_saved = to_saved<O>,
      .multiply_adds = multiply_adds<O, registers>,
      .group = O::kGroup,
      .inference = make_inference_kernels<O, registers>(cells),
  };
}

// registers: how many vector registers the set has.
template <class O, int registers>
constexpr Kernels<typename O::Stored> make_kernels() {
  return make_kernels<O, registers>(Cells());
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
