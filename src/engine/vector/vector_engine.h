// The CPU engine: packed weights, kernels of the best instruction set, a team of threads.
#pragma once

#include <memory>
#include <vector>

#include "engine/make_engine.h"
#include "engine/vector/packed_model.h"
#include "engine/vector/worker_team.h"

namespace charrnn {

// The carried state of some streams, as the kernels want it: [layers][states][blocks] planes of
// `streams` rows.
class PlaneState : public State {
 public:
  PlaneState(const ModelConfig& config, int width, int streams);
  int streams() const override { return streams_; }
  void read(std::span<float> values) const override;
  void write(std::span<const float> values) override;
  void clear() override { values_.clear(); }
  void clear_stream(int stream) override;
  void copy_stream(int from, int to) override;

  // Planes of one layer's h (state 0) or c (state 1).
  float* planes(int layer, int state) { return values_.data() + (layer * states_ + state) * size_; }

 private:
  float* at(int plane, int stream) {
    return values_.data() + (int64_t{plane} * streams_ + stream) * width_;
  }
  int layers_, states_, hidden_size_, width_, blocks_, streams_;
  int64_t size_;  // floats of one layer's one state
  AlignedFloats values_;
};

// What forward keeps for backward, for all times of a batch.
struct Tape {
  int steps = 0;
  int rows = 0;
  int64_t plane_set = 0;  // floats of one layer's h at one time
  struct Layer {
    AlignedFloats state[kMaxStates];  // [steps + 1] plane sets: [0] is the state before
    AlignedFloats saved;              // [steps][Cell::saved] plane sets
    AlignedFloats mask, masked;       // dropout: [steps] plane sets
  };
  std::vector<Layer> layers;
  AlignedFloats scores;        // [steps or 1] plane sets of the vocabulary
  AlignedFloats d_state;       // [states] plane sets
  AlignedFloats sum, target;   // [steps or 1][rows]: see Softmax
  std::vector<double> losses;  // the same
};

class VectorEngine : public Engine {
 public:
  VectorEngine(const ModelConfig& config, const EngineOptions& options, const Kernels& kernels);

  const ModelConfig& config() const override { return packed_.config; }
  EngineInfo info() const override;
  void load(const Snapshot& snapshot) override;
  void store(Snapshot& snapshot) const override;
  std::unique_ptr<State> new_state(int streams) const override;
  StepResult train_step(const Batch& batch, State& state, const Update& update) override;
  double gradient(const Batch& batch, State& state, const Dropout& dropout,
                  Parameters& gradient) override;
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override;
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise) override;
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override;
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) override;

 private:
  // One batch on its way through the network.
  struct Pass {
    const Batch* batch;
    PlaneState* state;
    const Dropout* dropout;
    float loss_factor;
  };
  const CellKernels& cell() const { return kernels_.cells[static_cast<int>(packed_.config.cell)]; }
  const CellTraits& traits() const { return cell_traits(packed_.config.cell); }
  int64_t plane_set(int rows) const { return int64_t{packed_.blocks} * rows * packed_.width; }

  void prepare_tape(const Batch& batch, const Dropout& dropout);
  void begin_pass(const Pass& pass);
  void forward_rows(const Pass& pass, RowRange rows);
  void forward_layer(const Pass& pass, int layer, RowRange rows);
  void score_rows(const Pass& pass, int time, RowRange rows);
  void drop_rows(const Pass& pass, int layer, int time, RowRange rows);
  void backward_rows(const Pass& pass, RowRange rows);
  void backward_layer(const Pass& pass, int layer, RowRange rows);
  void end_pass(const Pass& pass);
  double pass_loss(const Pass& pass) const;

  void shard_gradients(const Pass& pass, int worker);
  void panel_gradient(const Pass& pass, int shard, int layer, bool hh, int panel);
  void output_gradient(const Pass& pass, int shard, int panel);
  void table_gradient(const Pass& pass, int panel);
  void join_gradients(int worker);
  void embedding_gradient();
  void join_biases();
  double gradient_norm() const;
  void run_gradients(const Pass& pass, int worker);
  void update_rows(const Update& update, double norm, int worker);

  void derive(int worker);  // transposed panels, initial sums, table: from new weights
  void derive_initial();
  RowRange slice(int rows, int worker) const;
  RowRange shard(int rows, int index) const;

  const Kernels& kernels_;
  mutable WorkerTeam team_;
  PackedModel packed_;
  AlignedFloats weights_, first_, second_, average_;
  AlignedFloats gradient_[2];  // of two shards of the batch
  std::vector<AlignedFloats> transposed_ih_, transposed_hh_;
  AlignedFloats transposed_fc_;
  std::vector<AlignedFloats> initial_;  // [blocks][sums][width]: both biases
  std::vector<AlignedFloats> sum_gradient_[2];
  AlignedFloats table_;           // [vocabulary][blocks][sums][width]
  AlignedFloats table_gradient_;  // [blocks][sums] planes of `vocabulary` rows
  std::vector<double> squares_;   // of parts of the gradient
  Tape tape_;
};

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& config, const EngineOptions& options);

}  // namespace charrnn
