// From gradients to new weights, and from weights to the forms that products read. Both work on
// pieces of a few thousand values, so that the second finds the first's results in the cache.
#pragma once

#include "engine/cpu/kernels/operand_types.h"
#include "model/optimizer.h"

namespace charrnn::cpu {

template <class V, class Formula>
void update_range(const UpdateRange& range, const UpdateFactors& factors, const Formula& formula) {
  constexpr int W = V::kLanes;
  const V scale(factors.gradient_scale), average(factors.average_decay),
      rest(1 - factors.average_decay);
  for (int64_t i = 0; i < range.count; i += W) {
    V g = V::load(range.gradient + i) * scale;
    if (factors.element_limit > 0) {
      g = clamp_max(clamp_min(g, -factors.element_limit), factors.element_limit);
    }
    V w = V::load(range.weights + i), m = V::load(range.first_moment + i),
      v = V::load(range.second_moment + i);
    formula(w, m, v, g);
    w.store(range.weights + i);
    m.store(range.first_moment + i);
    v.store(range.second_moment + i);
    if (range.average != nullptr) {
      (average * V::load(range.average + i) + rest * w).store(range.average + i);
    }
  }
}

template <class V>
void update(const UpdateRange& range, const UpdateFactors& factors) {
  const V decay(range.decays ? factors.decay : 1.0f);
  const V beta1(factors.beta1), beta2(factors.beta2), rest1(1 - factors.beta1),
      rest2(1 - factors.beta2), epsilon(factors.epsilon);
  if (factors.optimizer == Optimizer::kAdam) {
    update_range<V>(range, factors,
                    Adam<V>{decay, beta1, rest1, beta2, rest2, V(factors.step_size),
                            V(factors.root_scale), epsilon});
  } else {
    update_range<V>(range, factors,
                    Rmsprop<V>{decay, beta2, rest2, V(factors.learning_rate), epsilon});
  }
}

template <class V>
double sum_and_square(float* a, const float* b, int64_t count) {
  constexpr int W = V::kLanes;
  // Pieces of 64 vectors are summed as floats, the pieces as doubles.
  double total = 0;
  for (int64_t first = 0; first < count; first += 64 * W) {
    const int64_t last = first + 64 * W < count ? first + 64 * W : count;
    V squares(0.0f);
    for (int64_t i = first; i < last; i += W) {
      V x = V::load(a + i);
      if (b != nullptr) {
        x = x + V::load(b + i);
        x.store(a + i);
      }
      squares = fma(x, x, squares);
    }
    total += static_cast<double>(reduce_add(squares));
  }
  return total;
}

template <class O>
void pack(const Pack<typename O::Stored>& pack) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  const int stride = pack.vectors * W;  // floats in a row of the panel
  for (int block = pack.first_block; block < pack.last_block; ++block) {
    const int in_panel = block % kPlainPanelBlocks, panel_first = block - in_panel;
    const int panel_blocks = pack.blocks - panel_first < kPlainPanelBlocks
                                 ? pack.blocks - panel_first
                                 : kPlainPanelBlocks;
    for (int vector = 0; vector < pack.vectors; ++vector) {
      const float* from = pack.weights + block * W * stride + vector * W;
      V rows[W];
      for (int k = 0; k < W; ++k) rows[k] = V::load(from + k * stride);
      if (pack.forward != nullptr) {
        auto* to = pack.forward + block * W * stride + vector * W * group;
        for (int k = 0; k < W; k += group) {
          V pair[group];
          for (int j = 0; j < group; ++j) pair[j] = rows[k + j];
          O::store_group(to + k * stride, pair);
        }
      }
      if (pack.transposed != nullptr) {
        transpose(rows);
        auto* to = pack.transposed + static_cast<int64_t>(panel_first) * W * pack.all_vectors * W +
                   static_cast<int64_t>(pack.first_vector + vector) * W * panel_blocks * W +
                   in_panel * W * group;
        for (int n = 0; n < W; n += group) {
          V pair[group];
          for (int j = 0; j < group; ++j) pair[j] = rows[n + j];
          O::store_group(to + n * panel_blocks * W, pair);
        }
      }
    }
  }
}

template <class O>
void to_saved(const float* from, int rows, typename O::Stored* to) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  for (int row = 0; row < rows; row += group) {
    V together[group];
    for (int j = 0; j < group; ++j) together[j] = V::load(from + (row + j) * W);
    O::store_group(to + row * W, together);
  }
}

}  // namespace charrnn::cpu
