#include "engine/cpu/inference/inference.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace charrnn::cpu {

Inference::Inference(const Parameters& parameters, const InferenceKernels& kernels,
                     ThreadPool& pool)
    : config_(parameters.config()),
      kernels_(&kernels),
      pool_(&pool),
      weights_(parameters, kernels),
      state_(static_cast<size_t>(config_.layers) * config_.states() * config_.hidden_size) {}

InferenceBatch& Inference::batch_for(int streams) {
  if (!batch_ || batch_->rows() != streams) {
    batch_.emplace(config_, *kernels_, weights_, streams, pool_->threads());
    loaded_revision_ = 0;
    parallelism_.emplace(*pool_, threads_may_help(weights_, streams));
  }
  return *batch_;
}

void Inference::advance(std::span<const int32_t> ids, CpuState& state, std::span<float> logits,
                        std::span<const Hold> holds) {
  const int streams = static_cast<int>(ids.size());
  if (streams == 0) return;
  InferenceBatch& batch = batch_for(streams);
  const bool loaded = state.revision() == loaded_revision_;
  parallelism_->run([&](const Worker& worker) {
    if (!loaded) {
      batch.load_state(state, worker);
      worker.barrier();
    }
    batch.step(ids, worker, true, holds);
    batch.store_state(state, worker);
  });
  loaded_revision_ = state.changed();
  const size_t vocabulary = static_cast<size_t>(config_.vocabulary_size);
  for (int stream = 0; stream < streams; ++stream) {
    std::copy_n(batch.logits(stream), vocabulary, logits.begin() + stream * vocabulary);
  }
}

double Inference::evaluate(std::span<const int32_t> ids, CpuState& state, std::span<float> surprise,
                           std::span<const uint8_t> resets) {
  if (ids.size() < 2) return 0;
  std::vector<float> buffer(surprise.empty() ? ids.size() - 1 : 0);
  const std::span<float> losses = surprise.empty() ? std::span<float>(buffer) : surprise;
  state.read(state_);
  ParallelEvaluation(config_, *kernels_, weights_, *pool_).evaluate(ids, state_, losses, resets);
  state.write(state_);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace charrnn::cpu
