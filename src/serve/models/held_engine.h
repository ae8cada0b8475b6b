// An engine with some units held at values in whatever advances: the generator needs to know
// nothing of it.
#pragma once

#include <vector>

#include "engine/engine.h"

namespace charrnn {

class HeldEngine : public Engine {
 public:
  HeldEngine(Engine& engine, std::vector<Hold> holds) : engine_(engine), holds_(std::move(holds)) {}

  const ModelConfig& config() const override { return engine_.config(); }
  EngineInfo info() const override { return engine_.info(); }
  void load_part(SnapshotPart part, const Parameters& values) override {
    engine_.load_part(part, values);
  }
  void store_part(SnapshotPart part, Parameters& values) const override {
    engine_.store_part(part, values);
  }
  void exchange_average() override { engine_.exchange_average(); }
  std::unique_ptr<State> new_state(int streams) const override {
    return engine_.new_state(streams);
  }
  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    return engine_.train_step(batch, state, update);
  }
  double gradient(const Batch& batch, State& state, const Dropout& dropout,
                  Parameters& gradient) override {
    return engine_.gradient(batch, state, dropout, gradient);
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold>) override {
    engine_.advance(ids, state, logits, holds_);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    return engine_.evaluate(ids, state, surprise, resets);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    engine_.trace(ids, state, trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) override {
    return engine_.sensitivity(ids, target);
  }

 private:
  Engine& engine_;
  const std::vector<Hold> holds_;
};

}  // namespace charrnn
