// Softmax, cross-entropy and its gradient in one pass over a row of logits, in place:
//
//   loss = log sum_j e^(x_j - max) + max - x_target        d x_j = (p_j - q_j) scale
//   q_j = (1 - smoothing) [j = target] + smoothing / count
#pragma once

#include "engine/cpu/activations.h"
#include "engine/cpu/operand_types.h"

namespace charrnn::cpu {

template <class V>
float softmax_row(float* row, int count, int target, float scale, float smoothing) {
  constexpr int W = V::kLanes;
  constexpr float infinity = __builtin_inff();
  // The padding must not count. The row has room for one vector more.
  V(-infinity).store(row + count);
  V largest = V::load(row);
  for (int i = W; i < count; i += W) largest = larger(largest, V::load(row + i));
  const float max = largest_lane(largest);
  const float wanted = row[target] - max;
  V total(0.0f);
  for (int i = 0; i < count; i += W) {
    const V power = exp(V::load(row + i) - V(max));
    power.store(row + i);
    total = total + power;
  }
  const float sum = sum_of_lanes(total);
  const V factor(scale / sum);
  for (int i = 0; i < count; i += W) (V::load(row + i) * factor).store(row + i);
  if (smoothing > 0) {
    const V share(scale * smoothing / static_cast<float>(count));
    for (int i = 0; i < count; i += W) (V::load(row + i) - share).store(row + i);
    V(0.0f).store(row + count);  // the padding has no gradient
  }
  row[target] -= scale * (1 - smoothing);
  return __builtin_logf(sum) - wanted;
}

template <class O>
void softmax_loss(const SoftmaxLoss<typename O::Stored>& softmax) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  for (int row = 0; row < softmax.rows; row += group) {
    for (int j = row; j < row + group; ++j) {
      float* logits = softmax.logits + j * softmax.row_stride;
      if (j < softmax.real_rows) {
        softmax.loss[j] = softmax_row<V>(logits, softmax.vocabulary_size, softmax.targets[j],
                                         softmax.scale, softmax.smoothing);
      } else {
        softmax.loss[j] = 0;
        for (int i = 0; i < softmax.vocabulary_size; i += W) V(0.0f).store(logits + i);
      }
    }
    for (int block = 0; block * W < softmax.vocabulary_size; ++block) {
      V rows[group];
      for (int j = 0; j < group; ++j) {
        rows[j] = V::load(softmax.logits + (row + j) * softmax.row_stride + block * W);
        O::store_operand(softmax.operand + block * softmax.operand_stride + (row + j) * W, rows[j]);
      }
      O::store_group(softmax.record + block * softmax.record_stride + row * W, rows);
    }
  }
}

}  // namespace charrnn::cpu
