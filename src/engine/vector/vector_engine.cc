// The engine's parameters: load, store, and what is derived from the weights for the kernels.
#include "base/thread_pool.h"
#include "engine/vector/vector_engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/vector/isa.h"

namespace charrnn {
namespace {

const Kernels& choose_kernels(const std::string& isa) {
  std::string names;
  for (const Kernels* const* kernels = available_kernels(); *kernels != nullptr; ++kernels) {
    if (isa.empty() || isa == (*kernels)->isa) return **kernels;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", (*kernels)->isa);
  }
  throw Error(ErrorKind::kUsage, "no_isa", fmt::format("--isa: this machine has no '{}'", isa),
              fmt::format("choose one of {}", names));
}

int team_size(int wanted) {
  const int cores = usable_cores();
  return wanted == 0 ? cores : std::min(wanted, 4 * cores + 4);
}

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& config, const EngineOptions& options) {
  if (options.precision != Precision::kFloat32) {
    throw Error(ErrorKind::kUsage, "no_bf16", "--precision bf16: not in this build",
                "leave --precision away");
  }
  return std::make_unique<VectorEngine>(config, options, choose_kernels(options.isa));
}

VectorEngine::VectorEngine(const ModelConfig& config, const EngineOptions& options,
                           const Kernels& kernels)
    : kernels_(kernels), team_(team_size(options.threads)), packed_(config, kernels) {
  const auto floats = [](int64_t count) { return AlignedFloats(static_cast<size_t>(count)); };
  weights_ = floats(packed_.size);
  for (AlignedFloats& shard : gradient_) shard = floats(packed_.size);
  const int64_t sums = int64_t{packed_.blocks} * traits().sums * packed_.width;
  for (const PackedLayer& layer : packed_.layers) {
    transposed_ih_.push_back(floats(layer.ih.size()));
    transposed_hh_.push_back(floats(layer.hh.size()));
    initial_.push_back(floats(sums));
    for (auto& shard : sum_gradient_) shard.push_back(floats(sums));
  }
  transposed_fc_ = floats(packed_.fc.size());
  table_ = floats(sums * config.vocabulary_size);
  table_gradient_ = floats(sums * config.vocabulary_size);
}

EngineInfo VectorEngine::info() const {
  return {.device = "cpu", .isa = kernels_.isa, .precision = "f32", .threads = team_.size()};
}

std::unique_ptr<State> VectorEngine::new_state(int streams) const {
  return std::make_unique<PlaneState>(packed_.config, packed_.width, streams);
}

void VectorEngine::load(const Snapshot& snapshot) {
  check(snapshot.weights.config() == packed_.config, "the weights are this network's");
  packed_.pack(snapshot.weights, -1e30f, weights_.data());
  const auto pack = [this](const Parameters& from, AlignedFloats& to) {
    if (from.empty()) {
      to = AlignedFloats();
      return;
    }
    to.at_least(packed_.size);
    packed_.pack(from, 0, to.data());
  };
  pack(snapshot.first_moment, first_);
  pack(snapshot.second_moment, second_);
  pack(snapshot.average, average_);
  team_.run([this](int worker) { derive(worker); });
}

void VectorEngine::store(Snapshot& snapshot) const {
  packed_.unpack(weights_.data(), snapshot.weights);
  const auto unpack = [this](const AlignedFloats& from, Parameters& to) {
    if (from.size() == 0) {
      to = Parameters();
    } else {
      packed_.unpack(from.data(), to);
    }
  };
  unpack(first_, snapshot.first_moment);
  unpack(second_, snapshot.second_moment);
  unpack(average_, snapshot.average);
}

void VectorEngine::derive(int worker) {
  const int workers = team_.size();
  const auto transpose = [&](const PanelShape& shape, int64_t offset, AlignedFloats& to) {
    TransposePanels work;
    work.panels = weights_.data() + offset;
    work.in_blocks = shape.in_blocks;
    work.blocks = shape.blocks;
    work.gates = shape.gates;
    work.panel_blocks = shape.panel_blocks;
    work.transposed = to.data();
    work.transposed_panel_blocks = kernels_.product_panel_blocks;
    work.first_in_block = shape.in_blocks * worker / workers;
    work.last_in_block = shape.in_blocks * (worker + 1) / workers;
    kernels_.transpose(work);
  };
  for (size_t l = 0; l < packed_.layers.size(); ++l) {
    const PackedLayer& layer = packed_.layers[l];
    transpose(layer.ih, layer.weight_ih, transposed_ih_[l]);
    transpose(layer.hh, layer.weight_hh, transposed_hh_[l]);
  }
  transpose(packed_.fc, packed_.fc_weight, transposed_fc_);
  if (worker == 0) derive_initial();
  team_.barrier().wait();
  ForwardStep step;
  const int symbols = packed_.config.vocabulary_size;
  step.rows = {symbols, symbols * worker / workers, symbols * (worker + 1) / workers};
  step.blocks = packed_.blocks;
  step.initial = initial_[0].data();
  step.below = weights_.data() + packed_.embedding;
  step.below_blocks = packed_.embedding_blocks;
  step.weight_ih = weights_.data() + packed_.layers[0].weight_ih;
  step.state[0] = table_.data();
  cell().table(step);
  team_.barrier().wait();
}

// The sums before any product: each gate's two biases go to the sums its products go to.
void VectorEngine::derive_initial() {
  with_cell(packed_.config.cell, [&]<class Cell>() {
    for (size_t l = 0; l < packed_.layers.size(); ++l) {
      initial_[l].clear();
      for (int block = 0; block < packed_.blocks; ++block) {
        for (int gate = 0; gate < Cell::gates; ++gate) {
          const int64_t from = (int64_t{block} * Cell::gates + gate) * packed_.width;
          for (int lane = 0; lane < packed_.width; ++lane) {
            const auto sum = [&](int i) -> float& {
              return initial_[l].data()[(int64_t{block} * Cell::sums + i) * packed_.width + lane];
            };
            sum(Cell::input_sum[gate]) += weights_.data()[packed_.layers[l].bias_ih + from + lane];
            sum(Cell::recurrent_sum[gate]) +=
                weights_.data()[packed_.layers[l].bias_hh + from + lane];
          }
        }
      }
    }
  });
}

// A worker's rows of a batch: whole tiles of 8 where there are enough, smaller ones where not.
RowRange VectorEngine::slice(int rows, int worker) const {
  const int workers = team_.size();
  int unit = 8;
  while (unit > 1 && rows < unit * workers) unit /= 2;
  const int units = (rows + unit - 1) / unit;
  return {rows, std::min(rows, units * worker / workers * unit),
          std::min(rows, units * (worker + 1) / workers * unit)};
}

// The two halves of a batch whose gradients are summed apart, whatever the number of threads.
RowRange VectorEngine::shard(int rows, int index) const {
  const int middle = std::min(rows, ((rows + 1) / 2 + 7) / 8 * 8);
  return index == 0 ? RowRange{rows, 0, middle} : RowRange{rows, middle, rows};
}

}  // namespace charrnn
