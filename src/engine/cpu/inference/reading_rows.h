// Rows that read together (streams, or slices of a text), and one character's way through the
// network for all of them.
#pragma once

#include <span>
#include <vector>

#include "engine/cpu/inference/reading_weights.h"
#include "engine/cpu/memory/cpu_state.h"
#include "engine/cpu/parallel/sharing.h"
#include "engine/network.h"

namespace charrnn::cpu {

// Whether threads may gain from sharing a character's work: with little of it, each is sooner done
// than all have met.
bool may_be_worth_sharing(const ReadingWeights& weights, int rows);

// What a trace keeps of one layer and one character: [saved][padded hidden_size], one row.
struct Saved {
  std::vector<float> values;
  size_t stride = 0;
};

class ReadingRows {
 public:
  // shares: threads that will read these rows together.
  ReadingRows(const ModelConfig& config, const ReadingKernels& kernels,
              const ReadingWeights& weights, int rows, int shares = 1);

  int rows() const { return rows_; }
  // Rows beyond the first `rows` are left out until it is called again.
  void use(int rows);

  // One row's state, [layers][states][hidden_size].
  void write_row(int row, std::span<const float> state);
  void read_row(int row, std::span<float> state) const;
  void move_row(int from, int to);

  // From now on keeps of each row, where the cell has a second state, what that was multiplied by
  // and its least size since restart_track (slice_marks.h).
  void track();
  void restart_track(int row);
  // Both [layers][hidden_size], or empty.
  void read_track(int row, std::span<float> carried, std::span<float> least) const;
  size_t state_values() const;
  size_t padded_units() const { return padded_; }
  const float* hidden(int layer, int row) const { return state(layer, 0, row, now()); }

  // All rows' states, of the batch's streams in this order. Called by all shares; each carries the
  // units of its own panels, which lie in its core's cache. Others may read after meeting.
  void carry_in(const CpuState& state, const Share& share);
  void carry_out(CpuState& state, const Share& share) const;

  // Reads one character in each row. Called by all shares with the same arguments. logits: whether
  // they are wanted. saved: for each layer, or empty. At its end all shares have met.
  void read(std::span<const int32_t> ids, const Share& share, bool logits,
            std::span<const Hold> holds = {}, std::span<Saved> saved = {});

  // Of the last read: [vocabulary_size], padded with -infinity.
  const float* logits(int row) const { return logits_.as<float>() + row * logits_stride_; }
  // log p[i] = (logits[i] - largest) - log_sum. The two are never added up: the logarithm would be
  // lost where the logits are large.
  struct Normalizer {
    float largest = 0, log_sum = 0;
    float log_probability(float logit) const { return (logit - largest) - log_sum; }
  };
  Normalizer normalizer(int row) const;
  // -log p[target]
  float loss(int row, int32_t target) const {
    return -normalizer(row).log_probability(logits(row)[target]);
  }

 private:
  // What a share has for itself.
  struct alignas(64) Own {
    int now = 0;                       // which of two buffers holds the state; the other is written
    std::vector<const float*> starts;  // [capacity]
  };

  int now() const { return own_[0].now; }
  // Calls action(layer, kind, row, first unit, units) for the share's part of each row's states.
  template <class Action>
  void for_each_part(const Share& share, const Action& action) const;
  float* state(int layer, int kind, int row, int time) const;
  void* operands(int layer, int time) const;
  bool tracks() const { return tracks_.as<float>() != nullptr; }
  float* tracked(int kind, int layer, int row) const {
    return tracks_.as<float>() +
           ((size_t(kind) * config_.layers + layer) * capacity_ + row) * padded_;
  }
  void read_layer(int layer, std::span<const int32_t> ids, const Share& share, Saved* saved);
  void read_output(const Share& share);
  void hold(int layer, std::span<const Hold> holds, const Share& share);
  void make_operands(int layer, int row, int first_unit, int units, int time);

  ModelConfig config_;
  const ReadingKernels* kernels_;
  const ReadingWeights* weights_;
  const ReadingKernels::Entry* cell_;
  int capacity_;
  int rows_;
  size_t padded_;  // units of a row of state
  size_t logits_stride_;
  Memory states_;         // [2][layers][states][capacity][padded]
  Memory operands_;       // bf16: [2][layers][capacity][padded]
  Memory tracks_;         // [2][layers][capacity][padded]: what track() keeps, or nothing
  Memory logits_;         // [capacity][padded vocabulary]
  std::vector<Own> own_;  // [shares]
};

}  // namespace charrnn::cpu
