#include "engine/cpu/inference/parallel_evaluation.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace charrnn::cpu {
namespace {

constexpr int kCheckpointInterval = 64;                       // characters
constexpr int kCharactersPerTiming = 8;                       // characters
constexpr int kMinSliceCharacters = 4 * kCheckpointInterval;  // more than most networks remember
constexpr int kMaxSlices = 64;
// Characters: bounds the memory of the checkpoints. A block begins where the last one ended.
constexpr int64_t kBlock = int64_t{1} << 17;
constexpr int kTaskRows = 16;  // slices in a batch of one thread
constexpr int kPasses = 4;     // in parallel, before the rest is evaluated in order

}  // namespace

ParallelEvaluation::ParallelEvaluation(const ModelConfig& config, const InferenceKernels& kernels,
                                       const InferenceWeights& weights, ThreadPool& pool)
    : config_(config),
      kernels_(&kernels),
      weights_(&weights),
      pool_(&pool),
      state_values_(static_cast<size_t>(config.layers) * config.states() * config.hidden_size) {
  // Roundings of a state are about 2^-24 (bf16: 2^-9 of what it is made of) and a network keeps
  // some of them for a while.
  tolerance_ = kernels.linear.shape.group == 1 ? 1e-6f : 1e-4f;
}

void ParallelEvaluation::evaluate(std::span<const int32_t> ids, std::span<float> state,
                                  std::span<float> losses, std::span<const uint8_t> resets) {
  zero_.assign(state_values_, 0.0f);
  for (size_t begin = 0; begin + 1 < ids.size(); begin += kBlock) {
    const size_t count = std::min<size_t>(kBlock, ids.size() - 1 - begin);
    resets_ = resets.empty() ? resets : resets.subspan(begin, count);
    evaluate_block(ids.subspan(begin, count + 1), state, losses.subspan(begin, count));
  }
}

void ParallelEvaluation::evaluate_block(std::span<const int32_t> ids, std::span<float> state,
                                        std::span<float> losses) {
  ids_ = ids;
  losses_ = losses;
  split(static_cast<int64_t>(losses.size()), state);
  std::vector<int> wrong(slices_.size());
  for (size_t i = 0; i < wrong.size(); ++i) wrong[i] = static_cast<int>(i);
  for (int pass = 0; pass < kPasses && !wrong.empty(); ++pass) {
    if (pass > 0) start_from_predecessors(wrong);
    const size_t before = wrong.size();
    evaluate_in_parallel(wrong);
    wrong = wrong_starts();
    // Where a network never forgets the beginning, more passes gain nothing.
    if (pass > 0 && wrong.size() > before / 2) break;
  }
  for (size_t i = 1; i < slices_.size(); ++i) {
    if (slices_[i].checkpoints.try_merge(0, slices_[i - 1].checkpoints.end(), tolerance_)) continue;
    const int slice = static_cast<int>(i);
    start_from_predecessors({&slice, 1});
    evaluate_sequentially(slices_[i]);
  }
  std::ranges::copy(slices_.back().checkpoints.end(), state.begin());
}

// All slices but the last are a whole number of checkpoint intervals.
void ParallelEvaluation::split(int64_t characters, std::span<const float> state) {
  const int64_t count = std::clamp<int64_t>(characters / kMinSliceCharacters, 1, kMaxSlices);
  const int64_t checkpoints =
      ((characters + count - 1) / count + kCheckpointInterval - 1) / kCheckpointInterval;
  slices_.clear();
  for (int64_t begin = 0; begin < characters; begin += checkpoints * kCheckpointInterval) {
    Slice slice;
    slice.begin = begin;
    slice.end = std::min(characters, begin + checkpoints * kCheckpointInterval);
    const int64_t own_checkpoints =
        (slice.end - slice.begin + kCheckpointInterval - 1) / kCheckpointInterval;
    slice.checkpoints = StateCheckpoints(config_, own_checkpoints);
    slices_.push_back(std::move(slice));
  }
  std::ranges::copy(state, slices_[0].checkpoints.state(0).begin());
}

std::vector<int> ParallelEvaluation::wrong_starts() {
  std::vector<int> wrong;
  for (size_t i = 1; i < slices_.size(); ++i) {
    const bool right =
        slices_[i].checkpoints.try_merge(0, slices_[i - 1].checkpoints.end(), tolerance_);
    if (!right) wrong.push_back(static_cast<int>(i));
  }
  return wrong;
}

void ParallelEvaluation::start_from_predecessors(std::span<const int> slices) {
  for (const int slice : slices) {
    std::ranges::copy(slices_[slice - 1].checkpoints.end(),
                      slices_[slice].checkpoints.state(0).begin());
  }
}

// Threads take tasks of a few slices from a queue; which thread evaluates a slice has no effect.
void ParallelEvaluation::evaluate_in_parallel(std::span<const int> slices) {
  const int count = static_cast<int>(slices.size());
  const int threads = pool_->threads();
  const int rows = std::clamp((count + threads - 1) / threads, 1, kTaskRows);
  const int tasks = (count + rows - 1) / rows;
  std::atomic<int> next = 0;
  run_workers(*pool_, tasks > 1, [&](const Worker&) {
    for (int task = next++; task < tasks; task = next++) {
      const int begin = task * rows;
      evaluate_task(slices.subspan(begin, std::min(rows, count - begin)));
    }
  });
}

// A row that is done is replaced by the last one, so that the active rows are the first ones.
void ParallelEvaluation::evaluate_task(std::span<const int> todo) {
  std::vector<Slice*> slices;
  for (const int slice : todo) slices.push_back(&slices_[slice]);
  InferenceBatch batch(config_, *kernels_, *weights_, static_cast<int>(slices.size()));
  for (size_t row = 0; row < slices.size(); ++row) {
    batch.load_row(static_cast<int>(row), slices[row]->checkpoints.state(0));
  }
  batch.track_cell();
  std::vector<int32_t> ids(slices.size());
  int64_t evaluated = 0;
  for (int64_t position = 0; !slices.empty(); ++position) {
    batch.use(static_cast<int>(slices.size()));
    for (size_t row = 0; row < slices.size(); ++row) {
      const int64_t at = slices[row]->begin + position;
      ids[row] = ids_[at];
      if (resets_at(at)) batch.load_row(static_cast<int>(row), zero_);
    }
    batch.step({ids.data(), slices.size()}, Worker(), true);
    evaluated += static_cast<int64_t>(slices.size());
    for (int row = static_cast<int>(slices.size()) - 1; row >= 0; --row) {
      Slice& slice = *slices[row];
      const int64_t at = slice.begin + position;
      losses_[at] = batch.loss(row, ids_[at + 1]);
      if (!reach_checkpoint(slice, position + 1, batch, row)) continue;
      slice.evaluated = true;
      batch.move_row(static_cast<int>(slices.size()) - 1, row);
      slices[row] = slices.back();
      slices.pop_back();
    }
  }
  characters_evaluated_ += evaluated;
}

// At a checkpoint, keeps the row's state. Returns whether the slice is done: at its end, or where
// the state is what it was here in the last pass, so that the rest is known.
bool ParallelEvaluation::reach_checkpoint(Slice& slice, int64_t position, InferenceBatch& batch,
                                          int row) const {
  const bool at_end = slice.begin + position == slice.end;
  if (position % kCheckpointInterval != 0 && !at_end) return false;
  const int64_t checkpoint = (position + kCheckpointInterval - 1) / kCheckpointInterval;
  batch.store_tracking(row, slice.checkpoints.forget_product(checkpoint - 1),
                       slice.checkpoints.min_abs_cell(checkpoint - 1));
  batch.restart_tracking(row);
  std::vector<float> state(state_values_);
  batch.store_row(row, state);
  const bool known = slice.evaluated && slice.checkpoints.try_merge(checkpoint, state, tolerance_);
  if (!known) std::ranges::copy(state, slice.checkpoints.state(checkpoint).begin());
  return at_end || known;
}

// One slice from its first character to its last, each step on one thread or on all.
void ParallelEvaluation::evaluate_sequentially(Slice& slice) {
  AdaptiveParallelism parallelism(*pool_, threads_may_help(*weights_, 1));
  InferenceBatch batch(config_, *kernels_, *weights_, 1, pool_->threads());
  batch.load_row(0, slice.checkpoints.state(0));
  batch.track_cell();
  for (int64_t position = 0;;) {
    const int64_t end = std::min(position + kCharactersPerTiming, slice.end - slice.begin);
    const auto step = [&](const Worker& worker) {
      for (int64_t at = slice.begin + position; at < slice.begin + end; ++at) {
        if (resets_at(at)) {
          if (worker.index == 0) batch.load_row(0, zero_);
          worker.barrier();
        }
        batch.step(ids_.subspan(at, 1), worker, true);
        if (worker.index == 0) losses_[at] = batch.loss(0, ids_[at + 1]);
      }
    };
    parallelism.run(step, end - position);
    characters_evaluated_ += end - position;
    position = end;
    if (reach_checkpoint(slice, position, batch, 0)) return;
  }
}

}  // namespace charrnn::cpu
