// The specification of every network, in plain loops over doubles: one stream after another, one
// character after another, one unit after another. Far too slow to train with; the code to read
// first.
#pragma once

#include "engine/reference/forward.h"
#include "engine/reference/update.h"
#include "engine/trainable_network.h"

namespace charrnn::reference {

class ReferenceNetwork : public TrainableNetwork {
 public:
  explicit ReferenceNetwork(const ModelConfig& config);

  const ModelConfig& config() const override { return config_; }
  EngineInfo info() const override { return {"reference", "", "f64", 1}; }
  void load_part(SnapshotPart part, const Parameters& values) override;
  void store_part(SnapshotPart part, Parameters& values) const override;
  void swap_ema() override;
  std::unique_ptr<State> new_state(int streams) const override;
  StepResult train_step(const Batch& batch, State& state, const Update& update) override;
  double gradient(const Batch& batch, State& state, Parameters& gradient) override;
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override;
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override;
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override;
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                 const ShouldStop& should_stop = {}) override;

 private:
  struct Learning {
    double loss = 0;
    Tensors gradient;
  };
  Learning learn(const Batch& batch, State& state) const;
  double learn_stream(const Tensors& weights, const Batch& batch, int stream, StreamState& state,
                      Tensors& gradient) const;
  Step read(int32_t id, StreamState& state, bool with_logits = true) const;

  ModelConfig config_;
  Learned learned_;
};

}  // namespace charrnn::reference
