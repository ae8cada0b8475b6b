#include "engine/cpu/inference/reader.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace charrnn::cpu {

Reader::Reader(const Parameters& parameters, const ReadingKernels& kernels, ThreadPool& pool)
    : config_(parameters.config()),
      kernels_(&kernels),
      pool_(&pool),
      weights_(parameters, kernels),
      state_(static_cast<size_t>(config_.layers) * config_.states() * config_.hidden_size) {}

ReadingRows& Reader::rows_for(int rows) {
  if (!rows_ || rows_->rows() != rows) {
    rows_.emplace(config_, *kernels_, weights_, rows, pool_->threads());
    held_ = 0;
    sharing_.emplace(*pool_, may_be_worth_sharing(weights_, rows));
  }
  return *rows_;
}

void Reader::advance(std::span<const int32_t> ids, CpuState& state, std::span<float> logits,
                     std::span<const Hold> holds) {
  const int streams = static_cast<int>(ids.size());
  if (streams == 0) return;
  ReadingRows& rows = rows_for(streams);
  const bool held = state.revision() == held_;
  sharing_->run([&](const Share& share) {
    if (!held) {
      rows.carry_in(state, share);
      share.meet();
    }
    rows.read(ids, share, true, holds);
    rows.carry_out(state, share);
  });
  held_ = state.changed();
  const size_t vocabulary = static_cast<size_t>(config_.vocabulary_size);
  for (int stream = 0; stream < streams; ++stream) {
    std::copy_n(rows.logits(stream), vocabulary, logits.begin() + stream * vocabulary);
  }
}

double Reader::evaluate(std::span<const int32_t> ids, CpuState& state, std::span<float> surprise,
                        std::span<const uint8_t> resets) {
  if (ids.size() < 2) return 0;
  std::vector<float> own(surprise.empty() ? ids.size() - 1 : 0);
  const std::span<float> losses = surprise.empty() ? std::span<float>(own) : surprise;
  state.read(state_);
  TextSlices(config_, *kernels_, weights_, *pool_).read(ids, state_, losses, resets);
  state.write(state_);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace charrnn::cpu
