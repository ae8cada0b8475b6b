// Gradients of the weights, and the optimizer's step. All sums are taken in an order that does not
// depend on the number of threads: each task has one owner, and the two halves of the batch are
// added at the end.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/vector/vector_engine.h"
#include "model/optimizer.h"

namespace charrnn {
namespace {

constexpr int64_t kUpdateFloats = 16384;

// Task i of `count` belongs to worker i * workers / count: neighbours stay together.
bool mine(int64_t task, int64_t count, int worker, int workers) {
  return task * workers / count == worker;
}

}  // namespace

void VectorEngine::panel_gradient(const Pass& pass, int index, int l, bool hh, int panel) {
  const PackedLayer& layer = packed_.layers[l];
  const PanelShape& shape = hh ? layer.hh : layer.ih;
  const int64_t set = tape_.plane_set;
  const int64_t plane = int64_t{tape_.rows} * packed_.width;
  WeightGradient work;
  work.rows = shard(tape_.rows, index);
  work.times = tape_.steps;
  if (hh) {
    work.left = tape_.layers[l].state[0].data();
  } else {
    work.left = pass.dropout->between_layers > 0 ? tape_.layers[l - 1].masked.data()
                                                 : tape_.layers[l - 1].state[0].data() + set;
  }
  work.left_stride = set;
  work.left_blocks = shape.in_blocks;
  work.right = tape_.layers[l].saved.data() + shape.first_block(panel) * traits().saved * plane;
  work.right_stride = set * traits().saved;
  work.panel_blocks = shape.blocks_of(panel);
  work.gradient =
      gradient_[index].data() + (hh ? layer.weight_hh : layer.weight_ih) + shape.panel_begin(panel);
  (hh ? cell().weight_hh_gradient : cell().weight_ih_gradient)(work);
  if (!hh) return;
  for (int block = 0; block < work.panel_blocks; ++block) {
    ColumnSums sums;
    sums.rows = work.rows;
    sums.times = work.times;
    sums.planes = work.right + block * traits().saved * plane;
    sums.stride = work.right_stride;
    sums.count = traits().sums;
    sums.sums = sum_gradient_[index][l].data() +
                int64_t{shape.first_block(panel) + block} * traits().sums * packed_.width;
    kernels_.column_sums(sums);
  }
}

void VectorEngine::output_gradient(const Pass& pass, int index, int panel) {
  const bool all = pass.batch->objective == Objective::kAll;
  const int64_t plane = int64_t{tape_.rows} * packed_.width;
  const int first = packed_.fc.first_block(panel);
  const Tape::Layer& top = tape_.layers.back();
  WeightGradient work;
  work.rows = shard(tape_.rows, index);
  work.times = all ? tape_.steps : 1;
  const bool dropped = pass.dropout->before_output > 0;
  work.left = dropped ? top.masked.data() : top.state[0].data() + tape_.plane_set;
  if (!all) work.left += tape_.plane_set * (tape_.steps - 1);
  work.left_stride = tape_.plane_set;
  work.left_blocks = packed_.blocks;
  work.right = tape_.scores.data() + first * plane;
  work.right_stride = packed_.vocabulary_blocks * plane;
  work.panel_blocks = packed_.fc.blocks_of(panel);
  work.gradient = gradient_[index].data() + packed_.fc_weight + packed_.fc.panel_begin(panel);
  kernels_.product_gradient(work);
  ColumnSums sums;
  sums.rows = work.rows;
  sums.times = work.times;
  sums.planes = work.right;
  sums.stride = work.right_stride;
  sums.count = work.panel_blocks;
  sums.sums = gradient_[index].data() + packed_.fc_bias + int64_t{first} * packed_.width;
  kernels_.column_sums(sums);
}

// The first layer reads rows of a table, so its gradient is first that of the table: each row of
// the sums' gradients is added to its symbol's.
void VectorEngine::table_gradient(const Pass& pass, int panel) {
  const PanelShape& shape = packed_.layers[0].ih;
  const int symbols = packed_.config.vocabulary_size;
  const int64_t plane = int64_t{tape_.rows} * packed_.width;
  const int64_t table_plane = int64_t{symbols} * packed_.width;
  const int first = shape.first_block(panel), blocks = shape.blocks_of(panel);
  for (int i = 0; i < blocks * traits().sums; ++i) {
    const int block = first + i / traits().sums, sum = i % traits().sums;
    ScatterRows work;
    work.rows = {tape_.rows, 0, tape_.rows};
    work.times = tape_.steps;
    work.plane = tape_.layers[0].saved.data() + (int64_t{block} * traits().saved + sum) * plane;
    work.stride = tape_.plane_set * traits().saved;
    work.symbols = pass.batch->inputs.data();
    work.table = table_gradient_.data() + (int64_t{block} * traits().sums + sum) * table_plane;
    std::fill_n(work.table, table_plane, 0.0f);
    kernels_.scatter_rows(work);
  }
  WeightGradient work;
  work.rows = {symbols, 0, symbols};
  work.times = 1;
  work.left = weights_.data() + packed_.embedding;
  work.left_blocks = packed_.embedding_blocks;
  work.right = table_gradient_.data() + int64_t{first} * traits().sums * table_plane;
  work.panel_blocks = blocks;
  work.gradient = gradient_[0].data() + packed_.layers[0].weight_ih + shape.panel_begin(panel);
  cell().table_gradient(work);
}

void VectorEngine::shard_gradients(const Pass& pass, int worker) {
  // Tasks of equal cost within a kind; each kind is divided evenly, the first shard to the first
  // workers.
  const int workers = team_.size();
  for (int l = 0; l < packed_.config.layers; ++l) {
    for (const bool hh : {true, false}) {
      if (!hh && l == 0) continue;
      const int panels = (hh ? packed_.layers[l].hh : packed_.layers[l].ih).panels();
      for (int task = 0; task < 2 * panels; ++task) {
        if (mine(task, 2 * panels, worker, workers)) {
          panel_gradient(pass, task / panels, l, hh, task % panels);
        }
      }
    }
  }
  const int output_panels = packed_.fc.panels();
  for (int task = 0; task < 2 * output_panels; ++task) {
    if (mine(task, 2 * output_panels, worker, workers)) {
      output_gradient(pass, task / output_panels, task % output_panels);
    }
  }
  const int table_panels = packed_.layers[0].ih.panels();
  for (int task = 0; task < table_panels; ++task) {
    if (mine(task, table_panels, worker, workers)) table_gradient(pass, task);
  }
}

// d embedding = d table · W_ih; a one-hot embedding stays as it is.
void VectorEngine::embedding_gradient() {
  if (packed_.config.one_hot) return;
  const int symbols = packed_.config.vocabulary_size;
  Product work;
  work.rows = {symbols, 0, symbols};
  work.blocks = packed_.embedding_blocks;
  work.in = table_gradient_.data();
  work.in_blocks = packed_.blocks;
  work.weight = transposed_ih_[0].data();
  work.out = gradient_[0].data() + packed_.embedding;
  cell().embedding_gradient(work);
}

void VectorEngine::join_biases() {
  with_cell(packed_.config.cell, [&]<class Cell>() {
    for (size_t l = 0; l < packed_.layers.size(); ++l) {
      const float* const sums[2] = {sum_gradient_[0][l].data(), sum_gradient_[1][l].data()};
      for (int i = 0; i < packed_.blocks * Cell::gates * packed_.width; ++i) {
        const int lane = i % packed_.width, gate = i / packed_.width % Cell::gates;
        const int64_t block = i / packed_.width / Cell::gates;
        const int64_t in = (block * Cell::sums + Cell::input_sum[gate]) * packed_.width + lane;
        const int64_t back =
            (block * Cell::sums + Cell::recurrent_sum[gate]) * packed_.width + lane;
        gradient_[0].data()[packed_.layers[l].bias_ih + i] = sums[0][in] + sums[1][in];
        gradient_[0].data()[packed_.layers[l].bias_hh + i] = sums[0][back] + sums[1][back];
      }
    }
  });
}

// Adds the shards and takes the squares, in parts of fixed size.
void VectorEngine::join_gradients(int worker) {
  const int workers = team_.size();
  if (worker == 0) join_biases();
  if (worker == workers - 1) embedding_gradient();
  team_.barrier().wait();
  const int64_t parts = (packed_.size + kUpdateFloats - 1) / kUpdateFloats +
                        static_cast<int64_t>(packed_.runs.size());
  if (worker == 0) squares_.assign(parts, 0.0);
  team_.barrier().wait();
  int64_t part = 0;
  for (const PackedRun& run : packed_.runs) {
    for (int64_t begin = 0; begin < run.size; begin += kUpdateFloats, ++part) {
      if (!mine(part, parts, worker, workers)) continue;
      const int64_t at = run.begin + begin;
      squares_[part] = kernels_.add_and_square(gradient_[0].data() + at,
                                               run.sharded ? gradient_[1].data() + at : nullptr,
                                               std::min(kUpdateFloats, run.size - begin));
    }
  }
}

double VectorEngine::gradient_norm() const {
  double sum = 0;
  for (const double part : squares_) sum += part;
  return std::sqrt(sum);
}

void VectorEngine::run_gradients(const Pass& pass, int worker) {
  const RowRange rows = slice(pass.batch->streams, worker);
  forward_rows(pass, rows);
  backward_rows(pass, rows);
  team_.barrier().wait();
  shard_gradients(pass, worker);
  team_.barrier().wait();
  join_gradients(worker);
  team_.barrier().wait();
}

double VectorEngine::gradient(const Batch& batch, State& state, const Dropout& dropout,
                              Parameters& gradient) {
  const size_t losses = batch.targets.size();
  const Pass pass = {&batch, &static_cast<PlaneState&>(state), &dropout,
                     1.0f / static_cast<float>(losses)};
  begin_pass(pass);
  team_.run([&](int worker) { run_gradients(pass, worker); });
  end_pass(pass);
  packed_.unpack(gradient_[0].data(), gradient);
  return pass_loss(pass);
}

void VectorEngine::update_rows(const Update& update, double norm, int worker) {
  UpdateRun work;
  work.rmsprop = update.optimizer == Optimizer::kRmsprop;
  work.beta1 = update.beta1;
  work.beta2 = update.beta2;
  work.epsilon = update.epsilon;
  const auto step = static_cast<double>(update.step);
  work.step_size =
      work.rmsprop
          ? update.learning_rate
          : static_cast<float>(update.learning_rate / (1 - std::pow(double{update.beta1}, step)));
  work.root_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(double{update.beta2}, step)));
  work.average_decay = update.average_decay;
  if (update.clip == Clip::kNorm) {
    work.gradient_scale = static_cast<float>(clip_scale(norm, update.clip_limit));
  }
  if (update.clip == Clip::kElement) work.element_limit = update.clip_limit;
  int64_t part = 0;
  for (const PackedRun& run : packed_.runs) {
    const bool frozen = packed_.config.one_hot && run.begin == packed_.embedding;
    for (int64_t begin = 0; begin < run.size; begin += kUpdateFloats, ++part) {
      if (frozen || !mine(part, static_cast<int64_t>(squares_.size()), worker, team_.size()))
        continue;
      const int64_t at = run.begin + begin;
      work.size = std::min(kUpdateFloats, run.size - begin);
      work.weight = weights_.data() + at;
      work.first_moment = first_.data() + at;
      work.second_moment = second_.data() + at;
      work.average = update.average_decay > 0 ? average_.data() + at : nullptr;
      work.gradient = gradient_[0].data() + at;
      work.decay = run.decays ? 1 - update.learning_rate * update.weight_decay : 1;
      kernels_.update(work);
    }
  }
}

StepResult VectorEngine::train_step(const Batch& batch, State& state, const Update& update) {
  const Pass pass = {&batch, &static_cast<PlaneState&>(state), &update.dropout,
                     1.0f / static_cast<float>(batch.targets.size())};
  begin_pass(pass);
  first_.at_least(packed_.size);
  second_.at_least(packed_.size);
  if (update.average_decay > 0 && average_.size() == 0) {
    average_.at_least(packed_.size);
    std::copy_n(weights_.data(), packed_.size, average_.data());
  }
  StepResult result;
  team_.run([&](int worker) {
    run_gradients(pass, worker);
    const double norm = gradient_norm();
    const double loss = pass_loss(pass);
    if (worker == 0) result = {loss, norm, std::isfinite(norm) && std::isfinite(loss)};
    if (!std::isfinite(norm) || !std::isfinite(loss)) return;
    update_rows(update, norm, worker);
    team_.barrier().wait();
    derive(worker);
  });
  if (result.applied) end_pass(pass);
  return result;
}

}  // namespace charrnn
