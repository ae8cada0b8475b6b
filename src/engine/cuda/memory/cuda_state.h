// The carried state of some streams on the GPU: [layers][states][streams][hidden, padded].
#pragma once

#include <vector>

#include "engine/cuda/memory/device.h"
#include "engine/cuda/memory/recurrence.h"
#include "engine/network.h"

namespace charrnn::cuda {

class CudaState : public State {
 public:
  CudaState(const WeightsLayout& layout, int streams);

  int streams() const override { return streams_; }
  void read(std::span<float> values) const override;
  void write(std::span<const float> values) override;
  void clear() override;
  void clear_stream(int stream) override;
  void copy_stream(int from, int to) override;

  float* values() const { return values_.data(); }
  // Of each layer.
  std::vector<CarriedState> carried() const;

 private:
  // Copies rows of hidden_size values between the host's array and this one.
  void copy_rows(const void* from, size_t from_pitch, void* to, size_t to_pitch,
                 cudaMemcpyKind kind) const;

  int hidden_size_, hidden_, states_, planes_, streams_;
  DeviceArray<float> values_;
};

}  // namespace charrnn::cuda
