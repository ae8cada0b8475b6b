// An engine for tests whose logits are a hash of everything that a stream has read, so any reading
// mistake changes the text.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/engine.h"

namespace charrnn {

class HistoryState : public State {
 public:
  explicit HistoryState(int streams) : histories(streams) {}
  int streams() const override { return static_cast<int>(histories.size()); }
  void read(std::span<float>) const override { check(false, "tests do not read it"); }
  void write(std::span<const float>) override { check(false, "tests do not write it"); }
  void clear() override { std::fill(histories.begin(), histories.end(), 0); }
  void clear_stream(int stream) override { histories.at(stream) = 0; }
  void copy_stream(int from, int to) override { histories.at(to) = histories.at(from); }

  std::vector<uint64_t> histories;
};

class HistoryEngine : public Engine {
 public:
  explicit HistoryEngine(int vocabulary_size) { config_.vocabulary_size = vocabulary_size; }

  const ModelConfig& config() const override { return config_; }
  EngineInfo info() const override { return {"history", "", "f64", 1}; }
  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<HistoryState>(streams);
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> scores,
               std::span<const Hold>) override {
    auto& histories = dynamic_cast<HistoryState&>(state).histories;
    for (size_t i = 0; i < ids.size(); ++i) {
      histories.at(i) = counter_key(histories.at(i), ids[i]);
      scores_of(histories[i], scores.subspan(i * config_.vocabulary_size, config_.vocabulary_size));
    }
    ++advances;
    characters += static_cast<int64_t>(ids.size());
  }
  // The scores of a stream that has read nothing but `ids`.
  std::vector<float> scores_after(std::span<const int32_t> ids) const {
    uint64_t history = 0;
    for (const int32_t id : ids) history = counter_key(history, id);
    std::vector<float> scores(config_.vocabulary_size);
    scores_of(history, scores);
    return scores;
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    auto& history = dynamic_cast<HistoryState&>(state).histories.at(0);
    std::vector<float> scores(config_.vocabulary_size);
    double sum = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      if (!resets.empty() && resets[i] != 0) history = 0;
      history = counter_key(history, ids[i]);
      scores_of(history, scores);
      double total = 0;
      for (const float score : scores) total += std::exp(static_cast<double>(score));
      const double loss = std::log(total) - scores[ids[i + 1]];
      if (!surprise.empty()) surprise[i] = static_cast<float>(loss);
      sum += loss;
    }
    return sum;
  }

  void load_part(SnapshotPart, const Parameters&) override { check(false, "it has no weights"); }
  void exchange_average() override { check(false, "it has no weights"); }
  void store_part(SnapshotPart, Parameters&) const override { check(false, "it has no weights"); }
  StepResult train_step(const Batch&, State&, const Update&) override { return {}; }
  double gradient(const Batch&, State&, const Dropout&, Parameters&) override { return 0; }
  void trace(std::span<const int32_t>, State&, Trace&) override {}
  std::vector<float> sensitivity(std::span<const int32_t>, int32_t) override { return {}; }

  int64_t advances = 0;
  int64_t characters = 0;

 private:
  static void scores_of(uint64_t history, std::span<float> scores) {
    for (size_t v = 0; v < scores.size(); ++v) {
      scores[v] = static_cast<float>(4 * counter_uniform(counter_key(history, v, 1)));
    }
  }

  ModelConfig config_;
};

}  // namespace charrnn
