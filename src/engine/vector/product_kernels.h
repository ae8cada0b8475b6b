// Plain products on planes, softmax with its gradient, and dropout's masks.
#pragma once

#include "engine/vector/activations.h"
#include "engine/vector/cell_kernels.h"

namespace charrnn::kernels {

template <class V, class From>
void product(const Product& work) {
  const int64_t plane = int64_t{work.rows.total} * V::width;
  for_panels<2>(work.blocks, [&]<int Blocks>(int block) {
    for_tiles<tile_rows<V>(Blocks)>(work.rows.begin, work.rows.end, [&]<int M>(int row) {
      V sums[M][Blocks];
      for (int m = 0; m < M; ++m) {
        for (int b = 0; b < Blocks; ++b) {
          sums[m][b] = work.initial == nullptr
                           ? V(0.0f)
                           : V::load(work.initial + int64_t{block + b} * V::width);
        }
      }
      accumulate<V, From, OneSum, M, Blocks>(
          sums, work.in + int64_t{row} * V::width, work.in_blocks, plane,
          work.weight + panel_offset<V>(block, work.in_blocks * From::count * V::width, 1));
      for (int m = 0; m < M; ++m) {
        for (int b = 0; b < Blocks; ++b) {
          sums[m][b].store(work.out + (block + b) * plane + int64_t{row + m} * V::width);
        }
      }
    });
  });
}

// p_j = exp(s_j - max) / sum;   d loss / d s_j = (p_j - [j is the target]) factor.
template <class V>
void softmax(const Softmax& work) {
  const int64_t plane = int64_t{work.rows.total} * V::width;
  for (int row = work.rows.begin; row < work.rows.end; ++row) {
    float* scores = work.scores + int64_t{row} * V::width;
    V most = V::load(scores);
    for (int b = 1; b < work.blocks; ++b) most = max(most, V::load(scores + b * plane));
    const float top = max_of_lanes(most);
    const int target = work.targets[row];
    float* target_at = scores + target / V::width * plane + target % V::width;
    work.target_score[row] = *target_at - top;
    V total(0.0f);
    for (int b = 0; b < work.blocks; ++b) {
      const V e = exponential(V::load(scores + b * plane) - V(top));
      e.store(scores + b * plane);
      total = total + e;
    }
    const float sum = sum_of_lanes(total);
    work.sum[row] = sum;
    const V scale_by(work.factor / sum);
    for (int b = 0; b < work.blocks; ++b) {
      (V::load(scores + b * plane) * scale_by).store(scores + b * plane);
    }
    *target_at -= work.factor;
  }
}

template <class V>
void dropout_mask(const DropoutMask& work) {
  const int64_t plane = int64_t{work.rows.total} * V::width;
  for (int b = 0; b < work.blocks; ++b) {
    for (int row = work.rows.begin; row < work.rows.end; ++row) {
      const int64_t at = b * plane + int64_t{row} * V::width;
      const V factors = V::dropout_factors(work.keys[row], static_cast<uint32_t>(b * V::width),
                                           work.threshold, work.keep);
      factors.store(work.mask + at);
      (V::load(work.in + at) * factors).store(work.out + at);
    }
  }
}

}  // namespace charrnn::kernels
