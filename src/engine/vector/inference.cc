// Reading without learning: one character for many streams, the loss of a text, and everything
// computed on the way.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/vector/vector_engine.h"

namespace charrnn {

void VectorEngine::advance(std::span<const int32_t> ids, State& carried, std::span<float> logits,
                           std::span<const Hold> holds) {
  auto& state = static_cast<PlaneState&>(carried);
  const int total = state.streams(), count = static_cast<int>(ids.size());
  check(count <= total, "no more ids than streams");
  const int width = packed_.width, vocabulary = packed_.config.vocabulary_size;
  const int64_t plane = int64_t{total} * width;
  AlignedFloats next(plane_set(total)), scores(int64_t{packed_.vocabulary_blocks} * plane);
  const RowRange rows = {total, 0, count};
  for (int l = 0; l < packed_.config.layers; ++l) {
    ForwardStep step;
    step.rows = rows;
    step.blocks = packed_.blocks;
    step.initial = l == 0 ? table_.data() : initial_[l].data();
    step.initial_stride = l == 0 ? int64_t{packed_.blocks} * traits().sums * width : 0;
    step.symbols = ids.data();
    if (l > 0) step.below = state.planes(l - 1, 0), step.below_blocks = packed_.blocks;
    step.weight_ih = weights_.data() + packed_.layers[l].weight_ih;
    step.weight_hh = weights_.data() + packed_.layers[l].weight_hh;
    for (int i = 0; i < traits().states; ++i) {
      step.state_before[i] = step.state[i] = state.planes(l, i);
    }
    step.state[0] = next.data();  // h is read to the end of the step
    cell().forward(step);
    for (const Hold& hold : holds) {
      if (hold.layer != l) continue;
      for (int row = 0; row < count; ++row) {
        next.data()[hold.unit / width * plane + row * width + hold.unit % width] = hold.value;
      }
    }
    for (int block = 0; block < packed_.blocks; ++block) {
      std::copy_n(next.data() + block * plane, int64_t{count} * width,
                  state.planes(l, 0) + block * plane);
    }
  }
  Product product;
  product.rows = rows;
  product.blocks = packed_.vocabulary_blocks;
  product.initial = weights_.data() + packed_.fc_bias;
  product.in = state.planes(packed_.config.layers - 1, 0);
  product.in_blocks = packed_.blocks;
  product.weight = weights_.data() + packed_.fc_weight;
  product.out = scores.data();
  kernels_.product(product);
  for (int row = 0; row < count; ++row) {
    for (int v = 0; v < vocabulary; ++v) {
      logits[int64_t{row} * vocabulary + v] =
          scores.data()[v / width * plane + int64_t{row} * width + v % width];
    }
  }
}

double VectorEngine::evaluate(std::span<const int32_t> ids, State& state,
                              std::span<float> surprise) {
  std::vector<float> logits(packed_.config.vocabulary_size);
  double sum = 0;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    advance({&ids[i], 1}, state, logits, {});
    const float top = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (const float score : logits) total += std::exp(double{score} - top);
    const double loss = std::log(total) - (double{logits[ids[i + 1]]} - top);
    if (!surprise.empty()) surprise[i] = static_cast<float>(loss);
    sum += loss;
  }
  return sum;
}

void VectorEngine::trace(std::span<const int32_t> ids, State& carried, Trace& trace) {
  const int times = static_cast<int>(ids.size()), width = packed_.width;
  const int hidden = packed_.config.hidden_size, vocabulary = packed_.config.vocabulary_size;
  const int saved = traits().saved, layers = packed_.config.layers;
  const std::vector<int32_t> targets(times, 0);
  const Batch batch = {times, 1, ids, targets, Objective::kAll};
  const Dropout none;
  const Pass pass = {&batch, &static_cast<PlaneState&>(carried), &none, 1.0f};
  begin_pass(pass);
  team_.run([&](int worker) {
    if (worker == 0) forward_rows(pass, {1, 0, 1});
  });
  end_pass(pass);
  trace.times = times;
  trace.hidden.resize(size_t(layers) * times * hidden);
  trace.cell.resize(traits().states > 1 ? trace.hidden.size() : 0);
  trace.saved.resize(trace.hidden.size() * saved);
  trace.log_probabilities.resize(size_t(times) * vocabulary);
  for (int l = 0; l < layers; ++l) {
    const Tape::Layer& layer = tape_.layers[l];
    for (int time = 0; time < times; ++time) {
      for (int unit = 0; unit < hidden; ++unit) {
        const int64_t at = tape_.plane_set * (time + 1) + unit;  // one row: planes are consecutive
        const size_t to = (size_t(l) * times + time) * hidden + unit;
        trace.hidden[to] = layer.state[0].data()[at];
        if (traits().states > 1) trace.cell[to] = layer.state[1].data()[at];
        for (int i = 0; i < saved; ++i) {
          trace.saved[((size_t(l) * times + time) * saved + i) * hidden + unit] =
              layer.saved.data()[tape_.plane_set * saved * time +
                                 (unit / width * saved + i) * width + unit % width];
        }
      }
    }
  }
  // The softmax left p - target in the scores.
  for (int time = 0; time < times; ++time) {
    const float* scores = tape_.scores.data() + int64_t{time} * packed_.vocabulary_blocks * width;
    for (int v = 0; v < vocabulary; ++v) {
      const double p = double{scores[v]} + (v == 0 ? 1.0 : 0.0);
      trace.log_probabilities[size_t(time) * vocabulary + v] =
          static_cast<float>(std::log(std::max(p, 1e-37)));
    }
  }
}

std::vector<float> VectorEngine::sensitivity(std::span<const int32_t> ids, int32_t target) {
  const int times = static_cast<int>(ids.size()), width = packed_.width;
  PlaneState state(packed_.config, width, 1);
  const Batch batch = {times, 1, ids, {&target, 1}, Objective::kLast};
  const Dropout none;
  const Pass pass = {&batch, &state, &none, 1.0f};
  begin_pass(pass);
  team_.run([&](int worker) {
    if (worker != 0) return;
    forward_rows(pass, {1, 0, 1});
    backward_rows(pass, {1, 0, 1});
  });
  // d embedding at t = d sums of the first layer at t · W_ih.
  std::vector<float> norms(times);
  AlignedFloats d_embedding(int64_t{packed_.embedding_blocks} * width);
  AlignedFloats sums(int64_t{packed_.blocks} * traits().sums * width);
  for (int time = 0; time < times; ++time) {
    const float* saved = tape_.layers[0].saved.data() + tape_.plane_set * traits().saved * time;
    for (int block = 0; block < packed_.blocks; ++block) {
      std::copy_n(saved + int64_t{block} * traits().saved * width, traits().sums * width,
                  sums.data() + int64_t{block} * traits().sums * width);
    }
    Product work;
    work.rows = {1, 0, 1};
    work.blocks = packed_.embedding_blocks;
    work.in = sums.data();
    work.in_blocks = packed_.blocks;
    work.weight = transposed_ih_[0].data();
    work.out = d_embedding.data();
    cell().embedding_gradient(work);
    double squares = 0;
    for (size_t i = 0; i < d_embedding.size(); ++i) {
      squares += double{d_embedding.data()[i]} * d_embedding.data()[i];
    }
    norms[time] = static_cast<float>(std::sqrt(squares));
  }
  return norms;
}

}  // namespace charrnn
