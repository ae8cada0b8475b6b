// A batch through the network: forward, loss and backward, each worker its own rows from the first
// step to the last.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "engine/vector/vector_engine.h"
#include "model/dropout.h"

namespace charrnn {

void VectorEngine::prepare_tape(const Batch& batch, const Dropout& dropout) {
  const int64_t set = plane_set(batch.streams);
  tape_.steps = batch.steps;
  tape_.rows = batch.streams;
  tape_.plane_set = set;
  tape_.layers.resize(packed_.config.layers);
  for (Tape::Layer& layer : tape_.layers) {
    for (int i = 0; i < traits().states; ++i) layer.state[i].at_least(set * (batch.steps + 1));
    layer.saved.at_least(set * traits().saved * batch.steps);
    const bool last = &layer == &tape_.layers.back();
    if ((last ? dropout.before_output : dropout.between_layers) > 0) {
      layer.mask.at_least(set * batch.steps);
      layer.masked.at_least(set * batch.steps);
    }
  }
  const int64_t losses = batch.objective == Objective::kAll ? batch.steps : 1;
  tape_.scores.at_least(losses * packed_.vocabulary_blocks * batch.streams * packed_.width);
  tape_.d_state.at_least(set * traits().states);
  tape_.sum.at_least(losses * batch.streams);
  tape_.target.at_least(losses * batch.streams);
  tape_.losses.assign(losses * batch.streams, 0.0);
}

void VectorEngine::begin_pass(const Pass& pass) {
  prepare_tape(*pass.batch, *pass.dropout);
  for (int l = 0; l < packed_.config.layers; ++l) {
    for (int i = 0; i < traits().states; ++i) {
      std::memcpy(tape_.layers[l].state[i].data(), pass.state->planes(l, i),
                  tape_.plane_set * sizeof(float));
    }
  }
}

void VectorEngine::end_pass(const Pass& pass) {
  for (int l = 0; l < packed_.config.layers; ++l) {
    for (int i = 0; i < traits().states; ++i) {
      std::memcpy(pass.state->planes(l, i),
                  tape_.layers[l].state[i].data() + tape_.plane_set * tape_.steps,
                  tape_.plane_set * sizeof(float));
    }
  }
}

void VectorEngine::forward_rows(const Pass& pass, RowRange rows) {
  if (rows.begin == rows.end) return;
  for (int l = 0; l < packed_.config.layers; ++l) forward_layer(pass, l, rows);
}

void VectorEngine::forward_layer(const Pass& pass, int l, RowRange rows) {
  const Batch& batch = *pass.batch;
  Tape::Layer& layer = tape_.layers[l];
  const int64_t set = tape_.plane_set;
  ForwardStep step;
  step.rows = rows;
  step.blocks = packed_.blocks;
  step.weight_ih = weights_.data() + packed_.layers[l].weight_ih;
  step.weight_hh = weights_.data() + packed_.layers[l].weight_hh;
  step.initial = l == 0 ? table_.data() : initial_[l].data();
  step.initial_stride = l == 0 ? int64_t{packed_.blocks} * traits().sums * packed_.width : 0;
  const bool last = l + 1 == packed_.config.layers;
  const bool drops = (last ? pass.dropout->before_output : pass.dropout->between_layers) > 0;
  const bool below_drops = l > 0 && pass.dropout->between_layers > 0;
  for (int time = 0; time < batch.steps; ++time) {
    step.symbols = batch.inputs.data() + int64_t{time} * batch.streams;
    if (l > 0) {
      Tape::Layer& below = tape_.layers[l - 1];
      step.below =
          below_drops ? below.masked.data() + set * time : below.state[0].data() + set * (time + 1);
      step.below_blocks = packed_.blocks;
    }
    for (int i = 0; i < traits().states; ++i) {
      step.state_before[i] = layer.state[i].data() + set * time;
      step.state[i] = layer.state[i].data() + set * (time + 1);
    }
    step.saved = layer.saved.data() + set * traits().saved * time;
    cell().forward(step);
    if (drops) drop_rows(pass, l, time, rows);
    const bool scored = batch.objective == Objective::kAll || time + 1 == batch.steps;
    if (last && scored) score_rows(pass, time, rows);
  }
}

void VectorEngine::drop_rows(const Pass& pass, int l, int time, RowRange rows) {
  const bool last = l + 1 == packed_.config.layers;
  const float rate = last ? pass.dropout->before_output : pass.dropout->between_layers;
  std::vector<uint64_t> keys(rows.total);
  for (int row = rows.begin; row < rows.end; ++row) {
    keys[row] = dropout_key(pass.dropout->seed, pass.dropout->step, l, time, row);
  }
  DropoutMask work;
  work.rows = rows;
  work.blocks = packed_.blocks;
  work.keys = keys.data();
  work.threshold = dropout_threshold(rate);
  work.keep = 1.0f / (1.0f - rate);
  work.mask = tape_.layers[l].mask.data() + tape_.plane_set * time;
  work.in = tape_.layers[l].state[0].data() + tape_.plane_set * (time + 1);
  work.out = tape_.layers[l].masked.data() + tape_.plane_set * time;
  kernels_.dropout_mask(work);
}

// Scores, softmax, loss and the scores' gradient of one time.
void VectorEngine::score_rows(const Pass& pass, int time, RowRange rows) {
  const Batch& batch = *pass.batch;
  const int place = batch.objective == Objective::kAll ? time : 0;
  const Tape::Layer& top = tape_.layers.back();
  Product product;
  product.rows = rows;
  product.blocks = packed_.vocabulary_blocks;
  product.initial = weights_.data() + packed_.fc_bias;
  product.in = pass.dropout->before_output > 0 ? top.masked.data() + tape_.plane_set * time
                                               : top.state[0].data() + tape_.plane_set * (time + 1);
  product.in_blocks = packed_.blocks;
  product.weight = weights_.data() + packed_.fc_weight;
  product.out = tape_.scores.data() +
                int64_t{place} * packed_.vocabulary_blocks * batch.streams * packed_.width;
  kernels_.product(product);
  Softmax softmax;
  softmax.rows = rows;
  softmax.blocks = packed_.vocabulary_blocks;
  softmax.scores = product.out;
  softmax.targets = batch.targets.data() + int64_t{place} * batch.streams;
  softmax.factor = pass.loss_factor;
  softmax.sum = tape_.sum.data() + int64_t{place} * batch.streams;
  softmax.target_score = tape_.target.data() + int64_t{place} * batch.streams;
  kernels_.softmax(softmax);
  // loss = log sum exp(s - max) - (s_target - max)
  for (int row = rows.begin; row < rows.end; ++row) {
    tape_.losses[int64_t{place} * batch.streams + row] =
        std::log(softmax.sum[row]) - softmax.target_score[row];
  }
}

double VectorEngine::pass_loss(const Pass&) const {
  double sum = 0;
  for (const double loss : tape_.losses) sum += loss;
  return sum / static_cast<double>(tape_.losses.size());
}

void VectorEngine::backward_rows(const Pass& pass, RowRange rows) {
  if (rows.begin == rows.end) return;
  for (int l = packed_.config.layers - 1; l >= 0; --l) backward_layer(pass, l, rows);
}

void VectorEngine::backward_layer(const Pass& pass, int l, RowRange rows) {
  const Batch& batch = *pass.batch;
  Tape::Layer& layer = tape_.layers[l];
  const int64_t set = tape_.plane_set;
  const int width = packed_.width;
  for (int plane = 0; plane < packed_.blocks * traits().states; ++plane) {
    std::fill_n(tape_.d_state.data() + (int64_t{plane} * rows.total + rows.begin) * width,
                int64_t{rows.end - rows.begin} * width, 0.0f);
  }
  const bool last = l + 1 == packed_.config.layers;
  const bool dropped = (last ? pass.dropout->before_output : pass.dropout->between_layers) > 0;
  BackwardStep step;
  step.rows = rows;
  step.blocks = packed_.blocks;
  step.above_is_output = last;
  step.above_blocks = last ? packed_.vocabulary_blocks : packed_.blocks;
  step.weight_above = last ? transposed_fc_.data() : transposed_ih_[l + 1].data();
  step.weight_hh = transposed_hh_[l].data();
  for (int i = 0; i < traits().states; ++i) step.d_state[i] = tape_.d_state.data() + set * i;
  for (int time = batch.steps - 1; time >= 0; --time) {
    const bool scored = batch.objective == Objective::kAll || time + 1 == batch.steps;
    const int place = batch.objective == Objective::kAll ? time : 0;
    if (last) {
      step.above = scored ? tape_.scores.data() +
                                int64_t{place} * packed_.vocabulary_blocks * batch.streams * width
                          : nullptr;
    } else {
      step.above = tape_.layers[l + 1].saved.data() + set * traits().saved * time;
    }
    step.mask = dropped && step.above != nullptr ? layer.mask.data() + set * time : nullptr;
    step.after =
        time + 1 == batch.steps ? nullptr : layer.saved.data() + set * traits().saved * (time + 1);
    for (int i = 0; i < traits().states; ++i) {
      step.state_before[i] = layer.state[i].data() + set * time;
    }
    step.saved = layer.saved.data() + set * traits().saved * time;
    cell().backward(step);
  }
}

}  // namespace charrnn
