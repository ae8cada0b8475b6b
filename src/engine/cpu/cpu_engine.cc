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
class CpuEngine : public Engine {
 public:
  CpuEngine(const ModelConfig& config, const Isa& isa, int threads)
      : pool_(threads),
        weights_(config, isa),
        moments_{HugeArray<float>(weights_.layout().size), HugeArray<float>(weights_.layout().size),
                 HugeArray<float>()} {}

  const ModelConfig& config() const override { return weights_.layout().config; }
  EngineInfo info() const override {
    return {"cpu", weights_.isa().name, std::is_same_v<S, float> ? "f32" : "bf16", pool_.threads()};
  }

  void load_part(SnapshotPart part, const Parameters& values) override {
    const Layout& layout = weights_.layout();
    if (part == SnapshotPart::kAverage) {
      moments_.average = HugeArray<float>(values.empty() ? 0 : layout.size);
    }
    if (part != SnapshotPart::kAverage || !values.empty()) layout.pack(values, numbers(part));
    if (part == SnapshotPart::kWeights) {
      weights_.pack_all();
      inference_.reset();
    }
    if (!config().one_hot) return;
    frozen_[part] = values.empty()
                        ? std::vector<float>()
                        : std::vector<float>(values.embedding().begin(), values.embedding().end());
  }

  void store_part(SnapshotPart part, Parameters& values) const override {
    const Layout& layout = weights_.layout();
    const bool average = part == SnapshotPart::kAverage;
    if (average && moments_.average.size() == 0) {
      values = Parameters();
      return;
    }
    layout.unpack(numbers(part), values);
    if (!config().one_hot) return;
    const bool like_weights = average && frozen_[part].empty();
    std::ranges::copy(frozen_[like_weights ? SnapshotPart::kWeights : part],
                      values.embedding().begin());
  }

  void exchange_average() override {
    if (moments_.average.size() == 0) return;
    if (frozen_.average.empty()) frozen_.average = frozen_.weights;
    std::swap(frozen_.weights, frozen_.average);
    weights_.exchange_master(moments_.average);
    inference_.reset();
  }

  std::unique_ptr<State> new_state(int streams) const override {
    return std::make_unique<CpuState>(weights_.layout(), streams);
  }

  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    inference_.reset();
    return training().step(batch, of_this_engine(state), update);
  }

  double gradient(const Batch& batch, State& state, const Dropout& dropout,
                  Parameters& gradient) override {
    HugeArray<float> values(weights_.layout().size);
    const double loss = training().gradient(batch, of_this_engine(state), dropout, values.data());
    weights_.layout().unpack(values.data(), gradient);
    return loss;
  }

  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override {
    inference().advance(ids, of_this_engine(state), logits, holds);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise,
                  std::span<const uint8_t> resets) override {
    return inference().evaluate(ids, of_this_engine(state), surprise, resets);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    inference().trace(ids, of_this_engine(state), trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) override {
    return inference().sensitivity(ids, target, host_weights());
  }

 private:
  const float* numbers(SnapshotPart part) const {
    const float* const parts[] = {weights_.master(), moments_.first.data(), moments_.second.data(),
                                  moments_.average.data()};
    return parts[static_cast<int>(part)];
  }
  float* numbers(SnapshotPart part) {
    return const_cast<float*>(std::as_const(*this).numbers(part));
  }

  Parameters host_weights() const {
    Parameters weights;
    store_part(SnapshotPart::kWeights, weights);
    return weights;
  }
  // Inference has packed weights of its own, made when they are needed after a change.
  Inference& inference() {
    if (!inference_) inference_.emplace(host_weights(), weights_.kernels().inference, pool_);
    return *inference_;
  }
  // The buffers of training are large: an engine for inference alone has none.
  Training<S>& training() {
    if (!training_) training_.emplace(weights_, moments_, pool_);
    return *training_;
  }
  CpuState& of_this_engine(State& state) const {
    CpuState* mine = dynamic_cast<CpuState*>(&state);
    check(mine != nullptr, "a state belongs to the kind of engine that made it");
    return *mine;
  }

  mutable ThreadPool pool_;
  Weights<S> weights_;
  Moments moments_;
  std::optional<Training<S>> training_;
  std::optional<Inference> inference_;
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
                  fmt::format("bf16: the instruction set {} has none", name),
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

std::unique_ptr<Engine> make_cpu_engine(const ModelConfig& config, const EngineOptions& options) {
  const Isa& isa = choose_isa(options.isa, options.precision);
  if (options.precision == Precision::kBfloat16) {
    return std::make_unique<CpuEngine<Bf16>>(config, isa, options.threads);
  }
  return std::make_unique<CpuEngine<float>>(config, isa, options.threads);
}

}  // namespace charrnn::cpu
