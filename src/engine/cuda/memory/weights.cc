#include "engine/cuda/memory/weights.h"

#include <utility>

#include "base/error.h"

namespace charrnn::cuda {

template <class Stored>
DeviceWeights<Stored>::DeviceWeights(const ModelConfig& config, bool with_moments)
    : layout_(config), operands_(layout_.size) {
  parts_.weights = DeviceArray<float>(layout_.size);
  if (with_moments) {
    parts_.first_moment = DeviceArray<float>(layout_.size);
    parts_.second_moment = DeviceArray<float>(layout_.size);
  }
  for (const Matrix& matrix : layout_.recurrent) transposed_.emplace_back(matrix.size());
}

template <class Stored>
void DeviceWeights<Stored>::load(SnapshotPart part, const Parameters& values) {
  check(values.empty() || values.config() == layout_.config,
        "weights fit the network they are loaded into");
  if (part == SnapshotPart::kEma && values.empty()) {
    parts_.ema = DeviceArray<float>();
    return;
  }
  if (parts_[part].empty()) parts_[part] = DeviceArray<float>(layout_.size);
  const std::vector<float> block = layout_.pack(values);
  upload(block.data(), parts_[part].data(), parts_[part].bytes());
  if (part == SnapshotPart::kWeights) set_changed(false);
}

template <class Stored>
void DeviceWeights<Stored>::store(SnapshotPart part, Parameters& values) const {
  if (parts_[part].empty()) {
    values = Parameters();
    return;
  }
  std::vector<float> block(layout_.size);
  download(parts_[part].data(), block.data(), parts_[part].bytes());
  layout_.unpack(block, values);
}

template <class Stored>
void DeviceWeights<Stored>::swap_ema() {
  if (!has_ema()) return;
  std::swap(parts_.weights, parts_.ema);
  set_changed(false);
}

template <class Stored>
void DeviceWeights<Stored>::begin_ema() {
  if (has_ema()) return;
  parts_.ema = DeviceArray<float>(layout_.size);
  check_cuda(cudaMemcpy(parts_.ema.data(), parts_.weights.data(), parts_.weights.bytes(),
                        cudaMemcpyDeviceToDevice),
             "copying weights");
  wait_for_copies("copying weights");
}

template <class Stored>
void DeviceWeights<Stored>::make_plain(cudaStream_t stream) {
  if (is_plain_) return;
  make_masked({}, nullptr, stream);
  is_plain_ = true;
}

template <class Stored>
void DeviceWeights<Stored>::make_masked(MaskedMatrices masked, const StepValues* step,
                                        cudaStream_t stream) {
  make_operands(layout_, parts_.weights.data(), masked, step, operands_.data(), stream);
  transpose_operands(stream);
}

template <class Stored>
void DeviceWeights<Stored>::transpose_operands(cudaStream_t stream) {
  for (size_t layer = 0; layer < transposed_.size(); ++layer) {
    const Matrix& matrix = layout_.recurrent[layer];
    transpose(operand(matrix), matrix.rows, matrix.columns, transposed_[layer].data(), stream);
  }
}

template <class Stored>
void DeviceWeights<Stored>::set_changed(bool plain) {
  is_plain_ = plain;
  ++version_;
}

template class DeviceWeights<float>;
template class DeviceWeights<__nv_bfloat16>;

}  // namespace charrnn::cuda
