#include "engine/cuda/memory/cuda_state.h"

#include "base/error.h"

namespace charrnn::cuda {

CudaState::CudaState(const WeightsLayout& layout, int streams)
    : hidden_size_(layout.config.hidden_size),
      hidden_(layout.hidden),
      states_(layout.states),
      planes_(layout.config.layers * layout.states),
      streams_(streams),
      values_(static_cast<size_t>(planes_) * streams * layout.hidden) {}

void CudaState::copy_rows(const void* from, size_t from_pitch, void* to, size_t to_pitch,
                          cudaMemcpyKind kind) const {
  check_cuda(cudaMemcpy2D(to, to_pitch, from, from_pitch, hidden_size_ * sizeof(float),
                          static_cast<size_t>(planes_) * streams_, kind),
             "copying states");
  wait_for_copies("copying states");
}

void CudaState::read(std::span<float> values) const {
  check(values.size() == static_cast<size_t>(planes_) * streams_ * hidden_size_,
        "a state is read into as many values as it has");
  copy_rows(values_.data(), hidden_ * sizeof(float), values.data(), hidden_size_ * sizeof(float),
            cudaMemcpyDeviceToHost);
}

void CudaState::write(std::span<const float> values) {
  check(values.size() == static_cast<size_t>(planes_) * streams_ * hidden_size_,
        "a state is written from as many values as it has");
  copy_rows(values.data(), hidden_size_ * sizeof(float), values_.data(), hidden_ * sizeof(float),
            cudaMemcpyHostToDevice);
}

void CudaState::clear() {
  check_cuda(cudaMemset(values_.data(), 0, values_.bytes()), "clearing states");
  wait_for_copies("clearing states");
}

void CudaState::clear_stream(int stream) {
  check_cuda(cudaMemset2D(values_.data() + int64_t{stream} * hidden_,
                          static_cast<size_t>(streams_) * hidden_ * sizeof(float), 0,
                          hidden_ * sizeof(float), planes_),
             "clearing a state");
  wait_for_copies("clearing a state");
}

void CudaState::copy_stream(int from, int to) {
  const size_t pitch = static_cast<size_t>(streams_) * hidden_ * sizeof(float);
  check_cuda(cudaMemcpy2D(values_.data() + int64_t{to} * hidden_, pitch,
                          values_.data() + int64_t{from} * hidden_, pitch, hidden_ * sizeof(float),
                          planes_, cudaMemcpyDeviceToDevice),
             "copying a state");
  wait_for_copies("copying a state");
}

std::vector<CarriedState> CudaState::carried() const {
  std::vector<CarriedState> layers;
  const int64_t layer_size = int64_t{states_} * streams_ * hidden_;
  for (int layer = 0; layer < planes_ / states_; ++layer) {
    layers.push_back({values_.data() + layer * layer_size, streams_});
  }
  return layers;
}

}  // namespace charrnn::cuda
