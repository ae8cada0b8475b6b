#include "engine/cpu/inference/float_product.h"

#include "engine/cpu/isa/isas.h"
#include "engine/cpu/isa/usable_isas.h"

namespace charrnn::cpu {

FloatProduct::FloatProduct(std::span<const float> matrix, int inputs)
    : kernel_(&kernels_of<float>(*usable_isas().front())->inference.linear),
      matrix_(pack_matrix(kernel_->shape, static_cast<int>(matrix.size()) / inputs, matrix, inputs,
                          {}, 0)),
      zeros_(matrix_.panels * kernel_->shape.start_values()) {}

void FloatProduct::multiply(const float* x, size_t x_stride, int rows, float* y) const {
  const std::vector<const float*> starts(rows, zeros_.data());
  LayerStep step;
  step.weights = matrix_.values.data();
  step.panel_values = matrix_.panel_values;
  step.input_steps = matrix_.input_steps;
  step.start = starts.data();
  step.rows = rows;
  step.input = x;
  step.input_stride = x_stride;
  step.hidden = x;
  step.hidden_stride = x_stride;
  step.new_state = y;
  step.state_stride = stride();
  kernel_->step(step, 0, matrix_.panels);
}

}  // namespace charrnn::cpu
