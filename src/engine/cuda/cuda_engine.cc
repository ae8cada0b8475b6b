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

template <class Stored>
class CudaEngine : public Engine {
 public:
  explicit CudaEngine(const ModelConfig& config)
      : name_(device_name()), products_(stream_), weights_(config) {}

  const ModelConfig& config() const override { return weights_.layout().config; }
  EngineInfo info() const override {
    return {"cuda", name_, std::is_same_v<Stored, float> ? "f32" : "bf16", 1};
  }
  void load_part(SnapshotPart part, const Parameters& values) override {
    weights_.load(part, values);
  }
  void store_part(SnapshotPart part, Parameters& values) const override {
    weights_.store(part, values);
  }
  void exchange_average() override { weights_.exchange_average(); }
  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<CudaState>(weights_.layout(), streams);
  }

  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    return training().step(batch, mine(state), update);
  }
  double gradient(const Batch& batch, State& state, const Dropout& dropout,
                  Parameters& gradient) override {
    return training().gradient(batch, mine(state), dropout, gradient);
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override {
    inference().advance(ids, mine(state), logits, holds);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    return inference().evaluate(ids, mine(state), surprise, resets);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    inference().trace(ids, mine(state), trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) override {
    return inference().sensitivity(ids, target);
  }

 private:
  // The buffers of both are large: an engine has what it is used for.
  Training<Stored>& training() {
    if (!training_) training_.emplace(weights_, products_, stream_);
    return *training_;
  }
  Inference<Stored>& inference() {
    if (!inference_) inference_.emplace(weights_, products_, stream_);
    return *inference_;
  }
  static CudaState& mine(State& state) {
    auto* const of_cuda = dynamic_cast<CudaState*>(&state);
    check(of_cuda != nullptr, "a state belongs to the kind of engine that made it");
    return *of_cuda;
  }

  std::string name_;
  Stream stream_;
  Products products_;
  DeviceWeights<Stored> weights_;
  std::optional<Training<Stored>> training_;
  std::optional<Inference<Stored>> inference_;
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

std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& config, const EngineOptions& options) {
  require_cuda();
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<cuda::CudaEngine<__nv_bfloat16>>(config);
  }
  return std::make_unique<cuda::CudaEngine<float>>(config);
}

}  // namespace charrnn
