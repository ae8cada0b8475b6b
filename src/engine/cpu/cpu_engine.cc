#include "engine/cpu/cpu_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "engine/cpu/inference/inference.h"
#include "engine/cpu/isa/isas.h"
#include "engine/cpu/isa/usable_isas.h"
#include "engine/cpu/training/training.h"

namespace charrnn::cpu {
namespace {

template <class S>
EngineInfo cpu_info(const Isa& isa, const ThreadPool& pool) {
  return {"cpu", isa.name, std::is_same_v<S, float> ? "f32" : "bf16", pool.threads()};
}

// What both kinds of network do in the same way: reading, on packed weights of its own that are
// made when they are asked for after a change.
template <class Interface>
class InferenceNetwork : public Interface {
 public:
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override {
    inference().advance(ids, of_cpu(state), logits, holds);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    return inference().evaluate(ids, of_cpu(state), surprise, resets);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    inference().trace(ids, of_cpu(state), trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                 const ShouldStop& should_stop) override {
    Parameters room;
    return inference().sensitivity(ids, target, host_weights(room), should_stop);
  }

 protected:
  InferenceNetwork(const InferenceKernels& kernels, int threads)
      : pool_(threads), kernels_(kernels) {}

  static CpuState& of_cpu(State& state) {
    CpuState* const cpu_state = dynamic_cast<CpuState*>(&state);
    check(cpu_state != nullptr, "a state belongs to the kind of network that made it");
    return *cpu_state;
  }
  // In PyTorch's shapes: the network's own, or unpacked into `room`.
  virtual const Parameters& host_weights(Parameters& room) const = 0;
  void weights_changed() { inference_.reset(); }

  ThreadPool pool_;

 private:
  Inference& inference() {
    Parameters room;
    if (!inference_) inference_.emplace(host_weights(room), kernels_, pool_);
    return *inference_;
  }

  const InferenceKernels& kernels_;
  std::optional<Inference> inference_;
};

// Keeps the weights twice: as they were loaded, and packed for inference.
template <class S>
class CpuNetwork : public InferenceNetwork<Network> {
 public:
  CpuNetwork(const ModelConfig& config, const Isa& isa, int threads)
      : InferenceNetwork(kernels_of<S>(isa)->inference, threads),
        layout_(config, isa.lanes),
        isa_(isa),
        weights_(config) {}

  const ModelConfig& config() const override { return layout_.config; }
  EngineInfo info() const override { return cpu_info<S>(isa_, pool_); }
  void load_weights(const Parameters& weights) override {
    check(weights.config() == config(), "weights fit the network they are loaded into");
    weights_ = weights;
    weights_changed();
  }
  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<CpuState>(layout_, streams);
  }

 private:
  const Parameters& host_weights(Parameters&) const override { return weights_; }

  Layout layout_;
  const Isa& isa_;
  Parameters weights_;
};

template <class S>
class TrainableCpuNetwork : public InferenceNetwork<TrainableNetwork> {
 public:
  TrainableCpuNetwork(const ModelConfig& config, const Isa& isa, const EngineOptions& options)
      : InferenceNetwork(kernels_of<S>(isa)->inference, options.threads),
        parts_(options.parts),
        weights_(config, isa),
        moments_{HugeArray<float>(weights_.layout().size), HugeArray<float>(weights_.layout().size),
                 HugeArray<float>()} {}

  const ModelConfig& config() const override { return weights_.layout().config; }
  EngineInfo info() const override { return cpu_info<S>(weights_.isa(), pool_); }
  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<CpuState>(weights_.layout(), streams);
  }

  void load_part(SnapshotPart part, const Parameters& values) override {
    const Layout& layout = weights_.layout();
    if (part == SnapshotPart::kEma)
      moments_.ema = HugeArray<float>(values.empty() ? 0 : layout.size);
    if (part != SnapshotPart::kEma || !values.empty()) layout.pack(values, numbers(part));
    if (part == SnapshotPart::kWeights) {
      weights_.pack_all();
      weights_changed();
    }
    if (!config().one_hot) return;
    frozen_[part] = values.empty()
                        ? std::vector<float>()
                        : std::vector<float>(values.embedding().begin(), values.embedding().end());
  }

  void store_part(SnapshotPart part, Parameters& values) const override {
    const bool ema = part == SnapshotPart::kEma;
    if (ema && moments_.ema.size() == 0) {
      values = Parameters();
      return;
    }
    weights_.layout().unpack(numbers(part), values);
    if (!config().one_hot) return;
    const std::vector<float>& frozen =
        frozen_[ema && frozen_[part].empty() ? SnapshotPart::kWeights : part];
    std::ranges::fill(values.embedding(), 0.0f);  // of moments, which a frozen matrix has none of
    std::ranges::copy(frozen, values.embedding().begin());
  }

  void swap_ema() override {
    if (moments_.ema.size() == 0) return;
    if (frozen_.ema.empty()) frozen_.ema = frozen_.weights;
    std::swap(frozen_.weights, frozen_.ema);
    weights_.exchange_master(moments_.ema);
    weights_changed();
  }

  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    weights_changed();
    return training().step(batch, of_cpu(state), update);
  }

  double gradient(const Batch& batch, State& state, Parameters& gradient) override {
    HugeArray<float> values(weights_.layout().size);
    const double loss = training().gradient(batch, of_cpu(state), values.data());
    weights_.layout().unpack(values.data(), gradient);
    return loss;
  }

 private:
  const Parameters& host_weights(Parameters& room) const override {
    store_part(SnapshotPart::kWeights, room);
    return room;
  }
  const float* numbers(SnapshotPart part) const {
    const float* const parts[] = {weights_.master(), moments_.first.data(), moments_.second.data(),
                                  moments_.ema.data()};
    return parts[static_cast<int>(part)];
  }
  float* numbers(SnapshotPart part) {
    return const_cast<float*>(std::as_const(*this).numbers(part));
  }
  // The buffers of training are large: a network that has not learned yet has none.
  Training<S>& training() {
    if (!training_) training_.emplace(weights_, moments_, pool_, parts_);
    return *training_;
  }

  const int parts_;
  Weights<S> weights_;
  Moments moments_;
  std::optional<Training<S>> training_;
  // A one-hot embedding is no part of the weights above: kept to be given back.
  SnapshotOf<std::vector<float>> frozen_;
};

}  // namespace

std::vector<std::string> available_isas(Precision precision) {
  std::vector<std::string> names;
  for (const Isa* isa : usable_isas()) {
    if (precision == Precision::kFloat32 || isa->bfloat16 != nullptr) names.push_back(isa->name);
  }
  return names;
}

const Isa& choose_isa(const std::string& name, Precision precision) {
  const bool bf16 = precision == Precision::kBfloat16;
  for (const Isa* isa : usable_isas()) {
    if (!name.empty() && name != isa->name) continue;
    if (bf16 && isa->bfloat16 == nullptr) {
      // Without a name the next set may have it; but emulation is slower than float32 and has to
      // be asked for.
      if (name.empty()) break;
      throw Error(ErrorKind::kUsage, "no_bf16",
                  fmt::format("bf16: the instruction set {} does not have it", name),
                  "use --precision f32, or --isa portable to emulate it");
    }
    return *isa;
  }
  if (name.empty()) {
    throw Error(ErrorKind::kUsage, "no_bf16",
                "bf16: this machine has no instructions for it (avx512-bf16)",
                "use --precision f32, or --isa portable to emulate it");
  }
  refuse_isa(name);
}

std::unique_ptr<Network> make_cpu_network(const ModelConfig& config, const EngineOptions& options) {
  const Isa& isa = choose_isa(options.isa, options.precision);
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<CpuNetwork<Bf16>>(config, isa, options.threads);
  }
  return std::make_unique<CpuNetwork<float>>(config, isa, options.threads);
}

std::unique_ptr<TrainableNetwork> make_trainable_cpu_network(const ModelConfig& config,
                                                             const EngineOptions& options) {
  const Isa& isa = choose_isa(options.isa, options.precision);
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<TrainableCpuNetwork<Bf16>>(config, isa, options);
  }
  return std::make_unique<TrainableCpuNetwork<float>>(config, isa, options);
}

}  // namespace charrnn::cpu
