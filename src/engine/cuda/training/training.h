// Optimizer steps: each is one graph on the GPU, from the copy of the batch to the copy of what it
// gives back.
#pragma once

#include <optional>

#include "engine/cuda/kernels/update.h"
#include "engine/cuda/memory/cuda_state.h"
#include "engine/cuda/memory/graphs.h"
#include "engine/cuda/training/pass.h"

namespace charrnn::cuda {

template <class Stored>
class Training {
 public:
  Training(DeviceWeights<Stored>& weights, Products& products, const Stream& stream);

  StepResult step(const Batch& batch, CudaState& state, const Update& update);
  double gradient(const Batch& batch, CudaState& state, Parameters& gradient);

 private:
  // A batch as it lies in memory, the same on the host and on the GPU: StepValues, inputs, targets,
  // resets.
  struct BatchOffsets {
    size_t inputs, targets, resets, end;  // bytes
  };

  void reserve(const Batch& batch);
  void pack(const Batch& batch, const StepValues& values);
  Text text(const Batch& batch) const;
  void queue_gradient(const Batch& batch, const std::vector<CarriedState>& carried,
                      const Dropout& dropout);
  void queue_step(const Batch& batch, const CudaState& state, const Update& update);
  UpdatedBlock<Stored> block() const;
  Graphs::Key key(const Batch& batch, const CudaState& state, const Update& update) const;
  const StepValues* values() const {
    return reinterpret_cast<const StepValues*>(device_batch_.data());
  }

  DeviceWeights<Stored>& weights_;
  Products& products_;
  const Stream& stream_;
  Background background_;
  Graphs graphs_;
  std::optional<Pass<Stored>> pass_;
  int steps_ = 0, streams_ = 0;
  BatchOffsets offsets_ = {};
  HostArray<char> host_batch_;
  DeviceArray<char> device_batch_;
  DeviceArray<float> gradient_;
  DeviceArray<double> loss_parts_, norm_parts_;
  DeviceArray<StepOutcome> outcome_;
  HostArray<StepOutcome> host_outcome_;
  DeviceArray<float> state_before_;  // the carried state, put back where a step is not applied
};

}  // namespace charrnn::cuda
