// The optimizer's pass over the parameters, and the copies of the weights that backward reads.
#pragma once

#include "engine/vector/kernels.h"
#include "model/optimizer.h"

namespace charrnn::kernels {

// Sizes are multiples of the width. Squares are summed in vectors over runs of fixed length, those
// in double, so that the sum depends on neither threads nor tiles.
template <class V>
double add_and_square(float* gradient, const float* other, int64_t size) {
  constexpr int64_t kRun = 1024;
  double total = 0;
  for (int64_t begin = 0; begin < size; begin += kRun) {
    const int64_t end = begin + kRun < size ? begin + kRun : size;
    V squares(0.0f);
    for (int64_t i = begin; i < end; i += V::width) {
      V sum = V::load(gradient + i);
      if (other != nullptr) {
        sum = sum + V::load(other + i);
        sum.store(gradient + i);
      }
      squares = fma(sum, sum, squares);
    }
    total += static_cast<double>(sum_of_lanes(squares));
  }
  return total;
}

template <class V, class Rule>
inline void update_all(const UpdateRun& run, const Rule& rule) {
  const V limit(run.element_limit), scale_by(run.gradient_scale);
  const V keep(run.average_decay), take(1.0f - run.average_decay);
  for (int64_t i = 0; i < run.size; i += V::width) {
    V gradient = V::load(run.gradient + i) * scale_by;
    if (run.element_limit > 0) gradient = max(min(gradient, limit), V(0.0f) - limit);
    V weight = V::load(run.weight + i), first = V::load(run.first_moment + i),
      second = V::load(run.second_moment + i);
    rule(weight, first, second, gradient);
    weight.store(run.weight + i);
    first.store(run.first_moment + i);
    second.store(run.second_moment + i);
    if (run.average == nullptr) continue;
    (keep * V::load(run.average + i) + take * weight).store(run.average + i);
  }
}

template <class V>
void update(const UpdateRun& run) {
  const V one(1.0f);
  if (run.rmsprop) {
    update_all<V>(run, Rmsprop<V>{V(run.decay), V(run.beta2), one - V(run.beta2), V(run.step_size),
                                  V(run.epsilon)});
  } else {
    update_all<V>(run,
                  Adam<V>{V(run.decay), V(run.beta1), one - V(run.beta1), V(run.beta2),
                          one - V(run.beta2), V(run.step_size), V(run.root_scale), V(run.epsilon)});
  }
}

// panels: [panel][k][block in panel][gate][lane] → transposed: [panel of k's
// blocks][block][gate][lane][k in panel].
template <class V>
void transpose(const TransposePanels& work) {
  constexpr int W = V::width;
  const int64_t k_count = int64_t{work.in_blocks} * W;
  const int64_t rows = int64_t{work.blocks} * work.gates * W;
  for (int in = work.first_in_block; in < work.last_in_block; ++in) {
    const int panel_first = in / work.transposed_panel_blocks * work.transposed_panel_blocks;
    // The last panel may be narrower: for_panels makes it single blocks.
    const bool whole = panel_first + work.transposed_panel_blocks <= work.in_blocks;
    const int to_first = whole ? panel_first : in;
    const int64_t to_width = int64_t{whole ? work.transposed_panel_blocks : 1} * W;
    float* to_panel = work.transposed + to_first * W * rows + (in - to_first) * W;
    for (int block = 0; block < work.blocks; ++block) {
      const int first = block / work.panel_blocks * work.panel_blocks;
      const bool full = first + work.panel_blocks <= work.blocks;
      const int from_first = full ? first : block;
      const int64_t from_width = int64_t{full ? work.panel_blocks : 1} * work.gates * W;
      for (int gate = 0; gate < work.gates; ++gate) {
        const float* from = work.panels + from_first * work.gates * W * k_count +
                            int64_t{in} * W * from_width +
                            ((block - from_first) * work.gates + gate) * W;
        float* to = to_panel + (int64_t{block} * work.gates + gate) * W * to_width;
        for (int lane = 0; lane < W; ++lane) {
          for (int k = 0; k < W; ++k) to[lane * to_width + k] = from[k * from_width + lane];
        }
      }
    }
  }
}

// Two times twelve independent chains fill the pipes of any machine here.
template <class V>
double multiply_adds(int64_t count) {
  constexpr int kChains = V::registers == 32 ? 24 : 12;
  V sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = V(1.0f + static_cast<float>(i));
  const V factor(0.999f), step(0.001f);
  for (int64_t round = 0; round < count; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) sums[i] = fma(sums[i], factor, step);
  }
  V total = sums[0];
  for (int i = 1; i < kChains; ++i) total = total + sums[i];
  const double done = 2.0 * kChains * V::width * static_cast<double>(count);
  return sum_of_lanes(total) == 12345.0f ? done + 1 : done;  // the result is used
}

template <class V>
float read_block(const float* block, int64_t size) {
  V a(0.0f), b(0.0f), c(0.0f), d(0.0f);
  int64_t i = 0;
  for (; i + 4 * V::width <= size; i += 4 * V::width) {
    a = max(a, V::load(block + i));
    b = max(b, V::load(block + i + V::width));
    c = max(c, V::load(block + i + 2 * V::width));
    d = max(d, V::load(block + i + 3 * V::width));
  }
  return max_of_lanes(max(max(a, b), max(c, d)));
}

}  // namespace charrnn::kernels
