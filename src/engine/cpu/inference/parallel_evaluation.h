// The loss of a long text, evaluated as many slices in parallel, with the result of one pass from
// the first character to the last.
//
// A state depends on all characters before it, but a network forgets: two states that start apart
// converge after some characters of the same text. So all slices are evaluated at once, each from a
// guess; then each slice whose guess was not the end of its predecessor is evaluated again from
// that end, until its states agree with those of the last pass, or differ in a way that has no
// effect from there on (state_checkpoints.h). Slices that do not converge in a few passes are
// evaluated in order.
//
// States that differ by less than the tolerance, a few roundings, count as equal. A row's bits do
// not depend on the rows beside it and slices do not depend on threads, so neither does the result.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cpu/inference/inference_batch.h"
#include "engine/cpu/inference/state_checkpoints.h"

namespace charrnn::cpu {

class ParallelEvaluation {
 public:
  ParallelEvaluation(const ModelConfig& config, const InferenceKernels& kernels,
                     const InferenceWeights& weights, ThreadPool& pool);

  // state: [layers][states][hidden_size], before and after. losses: of ids[1], ids[2], …
  // (ids.size() - 1 values). resets: see Network::evaluate; may be empty.
  void evaluate(std::span<const int32_t> ids, std::span<float> state, std::span<float> losses,
                std::span<const uint8_t> resets = {});

  // Characters evaluated since the start, repeated ones included: the cost of the guesses.
  int64_t characters_evaluated() const { return characters_evaluated_; }

 private:
  struct Slice {
    int64_t begin = 0;  // characters of the block
    int64_t end = 0;
    // After each kCheckpointInterval characters: the first is the slice's start, the last its end.
    StateCheckpoints checkpoints;
    bool evaluated = false;  // once, at least
  };

  void evaluate_block(std::span<const int32_t> ids, std::span<float> state,
                      std::span<float> losses);
  void split(int64_t characters, std::span<const float> state);
  std::vector<int> wrong_starts();
  void start_from_predecessors(std::span<const int> slices);
  void evaluate_in_parallel(std::span<const int> slices);
  void evaluate_task(std::span<const int> slices);
  void evaluate_sequentially(Slice& slice);
  bool resets_at(int64_t position) const { return !resets_.empty() && resets_[position] != 0; }
  bool reach_checkpoint(Slice& slice, int64_t position, InferenceBatch& batch, int row) const;

  ModelConfig config_;
  const InferenceKernels* kernels_;
  const InferenceWeights* weights_;
  ThreadPool* pool_;
  size_t state_values_;
  float tolerance_;
  std::vector<Slice> slices_;
  std::span<const int32_t> ids_;
  std::span<float> losses_;
  std::span<const uint8_t> resets_;
  std::vector<float> zero_;  // a state of zeros
  std::atomic<int64_t> characters_evaluated_ = 0;
};

}  // namespace charrnn::cpu
