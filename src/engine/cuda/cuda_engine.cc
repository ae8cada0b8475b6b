#include "engine/cuda/cuda_engine.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "engine/cuda/inference/inference.h"
#include "engine/cuda/training/training.h"

namespace charrnn {
namespace cuda {
namespace {

// Ampere: the first whose matrix units take bf16 and TF32.
constexpr int kOldestMajor = 8;

std::string device_name() {
  cudaDeviceProp properties;
  check_cuda(cudaGetDeviceProperties(&properties, 0), "asking for its name");
  return properties.name;
}

// What both kinds of network do in the same way: all but learning.
template <class Stored, class Interface>
class InferenceNetwork : public Interface {
 public:
  const ModelConfig& config() const override { return weights_.layout().config; }
  EngineInfo info() const override {
    return {"cuda", name_, std::is_same_v<Stored, float> ? "f32" : "bf16", 1};
  }
  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<CudaState>(weights_.layout(), streams);
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override {
    inference().advance(ids, of_cuda(state), logits, holds);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    return inference().evaluate(ids, of_cuda(state), surprise, resets);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    inference().trace(ids, of_cuda(state), trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                 const ShouldStop& should_stop) override {
    if (should_stop && should_stop()) return {};
    return inference().sensitivity(ids, target);
  }

 protected:
  InferenceNetwork(const ModelConfig& config, bool with_moments)
      : name_(device_name()), products_(stream_), weights_(config, with_moments) {}

  static CudaState& of_cuda(State& state) {
    auto* const cuda_state = dynamic_cast<CudaState*>(&state);
    check(cuda_state != nullptr, "a state belongs to the kind of network that made it");
    return *cuda_state;
  }

  std::string name_;
  Stream stream_;
  Products products_;
  DeviceWeights<Stored> weights_;

 private:
  // Its buffers are large: made when something is read.
  Inference<Stored>& inference() {
    if (!inference_) inference_.emplace(weights_, products_, stream_);
    return *inference_;
  }

  std::optional<Inference<Stored>> inference_;
};

template <class Stored>
class CudaNetwork : public InferenceNetwork<Stored, Network> {
 public:
  explicit CudaNetwork(const ModelConfig& config)
      : InferenceNetwork<Stored, Network>(config, false) {}
  void load_weights(const Parameters& weights) override {
    this->weights_.load(SnapshotPart::kWeights, weights);
  }
};

template <class Stored>
class TrainableCudaNetwork : public InferenceNetwork<Stored, TrainableNetwork> {
 public:
  explicit TrainableCudaNetwork(const ModelConfig& config)
      : InferenceNetwork<Stored, TrainableNetwork>(config, true) {}

  void load_part(SnapshotPart part, const Parameters& values) override {
    this->weights_.load(part, values);
  }
  void store_part(SnapshotPart part, Parameters& values) const override {
    this->weights_.store(part, values);
  }
  void swap_ema() override { this->weights_.swap_ema(); }
  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    return training().step(batch, this->of_cuda(state), update);
  }
  double gradient(const Batch& batch, State& state, Parameters& gradient) override {
    return training().gradient(batch, this->of_cuda(state), gradient);
  }

 private:
  // Its buffers are large: made by the first step.
  Training<Stored>& training() {
    if (!training_) training_.emplace(this->weights_, this->products_, this->stream_);
    return *training_;
  }

  std::optional<Training<Stored>> training_;
};

}  // namespace
}  // namespace cuda

std::string why_no_cuda() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    return "this machine has none";
  }
  if (status != cudaSuccess) return cudaGetErrorString(status);
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) return "it does not answer";
  if (properties.major >= cuda::kOldestMajor && properties.cooperativeLaunch) return "";
  return fmt::format("the {} is too old (compute capability {}.{}, needed: {}.0)", properties.name,
                     properties.major, properties.minor, cuda::kOldestMajor);
}

std::unique_ptr<Network> make_cuda_network(const ModelConfig& config,
                                           const EngineOptions& options) {
  require_cuda();
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<cuda::CudaNetwork<__nv_bfloat16>>(config);
  }
  return std::make_unique<cuda::CudaNetwork<float>>(config);
}

std::unique_ptr<TrainableNetwork> make_trainable_cuda_network(const ModelConfig& config,
                                                              const EngineOptions& options) {
  require_cuda();
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<cuda::TrainableCudaNetwork<__nv_bfloat16>>(config);
  }
  return std::make_unique<cuda::TrainableCudaNetwork<float>>(config);
}

}  // namespace charrnn
