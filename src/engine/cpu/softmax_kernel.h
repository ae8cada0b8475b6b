// Softmax, cross-entropy and its gradient in one pass over a row of logits, in place:
//
//   loss = log sum_j e^(x_j - max) + max - x_target        d x_j = (p_j - q_j) scale
//   q_j = (1 - smoothing) [j = target] + smoothing / count
#pragma once

#include "engine/cpu/activations.h"
#include "engine/cpu/operand_types.h"

namespace charrnn::cpu {

// x in the first `count` lanes, `other` in those after them.
template <class V>
V first_lanes(V x, int count, V other) {
  return V(V::lane_numbers() < count - typename V::Integers{} ? x.v : other.v);
}

// Powers of e in place, those of the padding 0; returns their sum. `largest`: of the logits.
template <class V>
float softmax_powers(float* row, int count, float& largest) {
  constexpr int W = V::kLanes;
  const V nothing(-__builtin_inff());
  V most = nothing;
  for (int i = 0; i < count; i += W) {
    most = larger(most, first_lanes(V::load(row + i), count - i, nothing));
  }
  largest = largest_lane(most);
  V sum(0.0f);
  for (int i = 0; i < count; i += W) {
    const V power = exp(first_lanes(V::load(row + i), count - i, nothing) - V(largest));
    power.store(row + i);
    sum = sum + power;
  }
  return sum_of_lanes(sum);
}

template <class O>
void softmax_loss(const SoftmaxLoss<typename O::Stored>& softmax) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  const int count = softmax.vocabulary_size;
  const V target_share(softmax.scale * (1 - softmax.smoothing));
  const V share(softmax.scale * softmax.smoothing / static_cast<float>(count)), zero(0.0f);
  for (int row = 0; row < softmax.rows; row += group) {
    V factor[group];
    for (int j = 0; j < group; ++j) {
      factor[j] = zero;
      softmax.loss[row + j] = 0;
      if (row + j >= softmax.real_rows) continue;
      float* logits = softmax.logits + (row + j) * softmax.row_stride;
      const float wanted = logits[softmax.targets[row + j]];
      float largest;
      const float sum = softmax_powers<V>(logits, count, largest);
      softmax.loss[row + j] = __builtin_logf(sum) + largest - wanted;
      factor[j] = V(softmax.scale / sum);
    }
    for (int block = 0; block * W < count; ++block) {
      V d[group];
      for (int j = 0; j < group; ++j) {
        d[j] = zero;
        if (row + j < softmax.real_rows) {
          const float* power = softmax.logits + (row + j) * softmax.row_stride + block * W;
          const int target = softmax.targets[row + j] - block * W;
          d[j] = V::load(power) * factor[j] - first_lanes(share, count - block * W, zero);
          d[j] = d[j] -
                 V(V::lane_numbers() == target - typename V::Integers{} ? target_share.v : zero.v);
        }
        O::store_operand(softmax.operand + block * softmax.operand_stride + (row + j) * W, d[j]);
      }
      O::store_group(softmax.record + block * softmax.record_stride + row * W, d);
    }
  }
}

}  // namespace charrnn::cpu
