// Softmax, cross-entropy and its gradient in one pass over a row of logits, in place:
//
//   loss = log sum_j e^(x_j - max) + max - x_target        d x_j = (p_j - q_j) scale
//   q_j = (1 - smoothing) [j = target] + smoothing / count
#pragma once

#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/vector_math.h"

namespace charrnn::cpu {

// x in the first `count` lanes, `other` in those after them.
template <class V>
V first_lanes(V x, int count, V other) {
  return V(V::iota() < count - typename V::Integers{} ? x.v : other.v);
}

template <class V>
float largest_logit(const float* row, int count) {
  const V nothing(-__builtin_inff());
  V most = nothing;
  for (int i = 0; i < count; i += V::kLanes) {
    most = maximum(most, first_lanes(V::load(row + i), count - i, nothing));
  }
  return reduce_max(most);
}

// Powers of e in place, those of the padding 0; returns their sum.
template <class V>
float softmax_powers(float* row, int count, float largest) {
  const V nothing(-__builtin_inff()), offset(largest);
  V sum(0.0f);
  for (int i = 0; i < count; i += V::kLanes) {
    const V power = exp(first_lanes(V::load(row + i), count - i, nothing) - offset);
    power.store(row + i);
    sum = sum + power;
  }
  return reduce_add(sum);
}

// The gradient of a group of rows from their powers; rows that are not real have a factor of 0.
template <class O>
void softmax_gradient(const SoftmaxLoss<typename O::Stored>& softmax, int row,
                      const float* factors) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  const int count = softmax.vocabulary_size;
  const V target_share(softmax.scale * (1 - softmax.smoothing)), zero(0.0f);
  const V share(softmax.scale * softmax.smoothing / static_cast<float>(count));
  for (int block = 0; block * W < count; ++block) {
    V d[group];
    for (int j = 0; j < group; ++j) {
      d[j] = zero;
      if (row + j < softmax.real_rows) {
        const float* power = softmax.logits + (row + j) * softmax.row_stride + block * W;
        const int target = softmax.targets[row + j] - block * W;
        d[j] = V::load(power) * V(factors[j]) - first_lanes(share, count - block * W, zero);
        d[j] = d[j] - V(V::iota() == target - typename V::Integers{} ? target_share.v : zero.v);
      }
      O::store_operand(softmax.operand + block * softmax.operand_stride + (row + j) * W, d[j]);
    }
    O::store_group(softmax.saved + block * softmax.saved_stride + row * W, d);
  }
}

// Each step for some rows before the next step: what one row's step waits for, another's does not.
template <class O>
void softmax_loss(const SoftmaxLoss<typename O::Stored>& softmax) {
  using V = typename O::V;
  constexpr int kRows = 16;
  const int count = softmax.vocabulary_size;
  for (int first = 0; first < softmax.rows; first += kRows) {
    const int left = softmax.rows - first, rows = left < kRows ? left : kRows;
    const int real_left = softmax.real_rows - first, real = real_left < rows ? real_left : rows;
    const auto logits = [&](int j) { return softmax.logits + (first + j) * softmax.row_stride; };
    float* loss = softmax.loss + first;
    float largest[kRows], sum[kRows], factor[kRows];
    for (int j = 0; j < real; ++j) largest[j] = largest_logit<V>(logits(j), count);
    for (int j = 0; j < real; ++j) loss[j] = largest[j] - logits(j)[softmax.targets[first + j]];
    for (int j = 0; j < real; ++j) sum[j] = softmax_powers<V>(logits(j), count, largest[j]);
    for (int j = 0; j < real; ++j) {
      loss[j] += __builtin_logf(sum[j]);
      factor[j] = softmax.scale / sum[j];
    }
    for (int j = real > 0 ? real : 0; j < rows; ++j) loss[j] = factor[j] = 0;
    for (int j = 0; j < rows; j += O::kGroup) softmax_gradient<O>(softmax, first + j, factor + j);
  }
}

}  // namespace charrnn::cpu
