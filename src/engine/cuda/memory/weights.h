// A network's numbers on the GPU: the weights, what the optimizer keeps beside them, and the
// weights as products read them.
#pragma once

#include <cuda_bf16.h>

#include <vector>

#include "engine/cuda/memory/device.h"
#include "engine/cuda/memory/operands.h"

namespace charrnn::cuda {

template <class Stored>
class DeviceWeights {
 public:
  // with_moments: for an optimizer; a network that only reads has none.
  DeviceWeights(const ModelConfig& config, bool with_moments);

  const WeightsLayout& layout() const { return layout_; }
  float* values(SnapshotPart part) const { return parts_[part].data(); }
  bool has_ema() const { return !parts_.ema.empty(); }

  void load(SnapshotPart part, const Parameters& values);
  void store(SnapshotPart part, Parameters& values) const;
  void swap_ema();
  void begin_ema();  // from the weights, where there is none yet

  // Makes the operands from the weights: plain, if they are not so yet, or under masks. Queued.
  void make_plain(cudaStream_t stream);
  void make_masked(MaskedMatrices masked, const StepValues* step, cudaStream_t stream);
  // An optimizer step writes the operands beside the weights; the transposed ones follow from them.
  Stored* operands() const { return operands_.data(); }
  void transpose_operands(cudaStream_t stream);
  // A step changed the weights, and left plain operands or masked ones.
  void set_changed(bool plain);
  // Grows with each change of the weights: what is made of them is made again.
  int64_t version() const { return version_; }

  const Stored* operand(const Matrix& matrix) const { return operands_.data() + matrix.begin; }
  // weight_hh of a layer: [hidden][gates hidden]
  const Stored* recurrent_transposed(int layer) const { return transposed_[layer].data(); }
  const float* bias(const Matrix& matrix) const {
    return values(SnapshotPart::kWeights) + matrix.begin;
  }

 private:
  WeightsLayout layout_;
  SnapshotOf<DeviceArray<float>> parts_;
  DeviceArray<Stored> operands_;
  std::vector<DeviceArray<Stored>> transposed_;
  bool is_plain_ = false;  // the operands are the weights as they are now
  int64_t version_ = 0;
};

}  // namespace charrnn::cuda
