// The reading half of the CPU engine: one character for many streams, the loss of a text, and what
// the network computed on the way.
#pragma once

#include <memory>
#include <optional>

#include "engine/cpu/inference/text_slices.h"
#include "engine/cpu/memory/cpu_state.h"

namespace charrnn::cpu {

class Reader {
 public:
  // Borrows all three. The weights are packed here: a reader is made anew when they change.
  Reader(const Parameters& parameters, const ReadingKernels& kernels, ThreadPool& pool);

  // As Engine's methods of the same names.
  void advance(std::span<const int32_t> ids, CpuState& state, std::span<float> logits,
               std::span<const Hold> holds);
  double evaluate(std::span<const int32_t> ids, CpuState& state, std::span<float> surprise,
                  std::span<const uint8_t> resets);
  void trace(std::span<const int32_t> ids, CpuState& state, Trace& trace);
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                 const Parameters& parameters);

  size_t weight_bytes() const { return weights_.bytes(); }

 private:
  ReadingRows& rows_for(int rows);

  ModelConfig config_;
  const ReadingKernels* kernels_;
  ThreadPool* pool_;
  ReadingWeights weights_;
  // Of the last advance: the next one is likely of the same size.
  std::optional<ReadingRows> rows_;
  uint64_t held_ = 0;               // the state's revision that these rows hold
  std::optional<Sharing> sharing_;  // of these rows
  std::vector<float> state_;        // of one stream: [layers][states][hidden_size]
};

}  // namespace charrnn::cpu
