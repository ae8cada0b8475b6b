// For tests: a network whose logits are a hash of everything that a stream has read, so any reading
// mistake changes the text.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/testing/network_double.h"

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

class HistoryNetwork : public NetworkDouble {
 public:
  explicit HistoryNetwork(int vocabulary_size)
      : NetworkDouble({.vocabulary_size = vocabulary_size}) {}

  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<HistoryState>(streams);
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> scores,
               std::span<const Hold>) override {
    const int size = config().vocabulary_size;
    auto& histories = dynamic_cast<HistoryState&>(state).histories;
    for (size_t i = 0; i < ids.size(); ++i) {
      histories.at(i) = counter_key(histories.at(i), ids[i]);
      scores_of(histories[i], scores.subspan(i * size, size));
    }
    ++advances;
    characters += static_cast<int64_t>(ids.size());
  }
  // The scores of a stream that has read nothing but `ids`.
  std::vector<float> scores_after(std::span<const int32_t> ids) const {
    uint64_t history = 0;
    for (const int32_t id : ids) history = counter_key(history, id);
    std::vector<float> scores(config().vocabulary_size);
    scores_of(history, scores);
    return scores;
  }

  int64_t advances = 0;
  int64_t characters = 0;

 private:
  static void scores_of(uint64_t history, std::span<float> scores) {
    for (size_t v = 0; v < scores.size(); ++v) {
      scores[v] = static_cast<float>(4 * counter_uniform(counter_key(history, v, 1)));
    }
  }
};

}  // namespace charrnn
