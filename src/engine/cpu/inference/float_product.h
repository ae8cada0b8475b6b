// y = W x for several x at once, on the calling thread, with the kernels of inference: a product in
// float32 for what is computed beside a network.
#pragma once

#include <span>
#include <vector>

#include "engine/cpu/inference/inference_weights.h"

namespace charrnn::cpu {

class FloatProduct {
 public:
  // matrix: row-major [outputs][inputs], copied. Takes the fastest instruction set of this process.
  FloatProduct(std::span<const float> matrix, int inputs);

  // Values from one y to the next.
  size_t stride() const { return zeros_.size(); }

  // x: `rows` vectors, x_stride values apart. y: [rows][stride()].
  void multiply(const float* x, size_t x_stride, int rows, float* y) const;

 private:
  const InferenceKernels::Entry* kernel_;
  PackedMatrix matrix_;
  std::vector<float> zeros_;  // what the sums begin with
};

}  // namespace charrnn::cpu
