// Inference: characters one at a time, the loss of a text, and traces of what the network computes.
#pragma once

#include <optional>

#include "engine/cuda/memory/cuda_state.h"
#include "engine/cuda/memory/graphs.h"
#include "engine/cuda/training/pass.h"

namespace charrnn::cuda {

template <class Stored>
class Inference {
 public:
  Inference(DeviceWeights<Stored>& weights, Products& products, const Stream& stream);

  void advance(std::span<const int32_t> ids, CudaState& state, std::span<float> logits,
               std::span<const Hold> holds);
  double evaluate(std::span<const int32_t> ids, CudaState& state, std::span<float> surprise,
                  std::span<const uint8_t> resets);
  void trace(std::span<const int32_t> ids, CudaState& state, Trace& trace);
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target);

 private:
  using Keeps = typename Pass<Stored>::Keeps;

  void prepare();
  void reserve(int streams);
  void hold(std::span<const Hold> holds);
  void queue_advance(int streams, const CudaState& state, bool holding);
  Text upload_text(std::span<const int32_t> ids, std::span<const uint8_t> resets);
  void trace_part(std::span<const int32_t> ids, CudaState& state, size_t begin, Trace& trace);

  DeviceWeights<Stored>& weights_;
  Products& products_;
  const Stream& stream_;

  // advance
  Graphs graphs_;
  int streams_ = 0;  // that there is room for
  DeviceArray<Stored> table_;
  int64_t table_version_ = -1;  // of the weights that the table was made of
  DeviceArray<int32_t> ids_;
  HostArray<int32_t> host_ids_;
  DeviceArray<float> hidden_states_;  // [layers][streams][hidden]: after the character
  DeviceArray<float> held_;           // [layers][hidden]
  DeviceArray<float> logits_;
  HostArray<float> host_logits_;

  // texts of one stream, a part at a time
  std::optional<Pass<Stored>> evaluation_pass_, trace_pass_;
  DeviceArray<int32_t> text_;  // ids read, and the one after the last
  DeviceArray<uint8_t> resets_;
  DeviceArray<float> losses_, log_probabilities_;
};

}  // namespace charrnn::cuda
