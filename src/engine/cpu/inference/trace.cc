#include "engine/cpu/inference/trace.h"

#include "engine/cpu/inference/inference.h"

namespace charrnn::cpu {
namespace {

// Copies what the last step computed to the trace's arrays at `time`.
void keep(const ModelConfig& config, const InferenceBatch& batch,
          std::span<const TracedLayer> traced, int time, std::span<float> state, Trace& trace) {
  const size_t hidden = static_cast<size_t>(config.hidden_size);
  const int kinds = cell_traits(config.cell).saved;
  batch.store_row(0, state);
  for (int layer = 0; layer < config.layers; ++layer) {
    const size_t offset = static_cast<size_t>(layer) * trace.times + time;
    const float* of_layer = state.data() + layer * config.states() * hidden;
    std::copy_n(of_layer, hidden, &trace.hidden[offset * hidden]);
    if (config.states() > 1) std::copy_n(of_layer + hidden, hidden, &trace.cell[offset * hidden]);
    for (int kind = 0; kind < kinds; ++kind) {
      std::copy_n(&traced[layer].values[kind * traced[layer].stride], hidden,
                  &trace.saved[(offset * kinds + kind) * hidden]);
    }
  }
  const InferenceBatch::Normalizer normalizer = batch.normalizer(0);
  const size_t vocabulary = static_cast<size_t>(config.vocabulary_size);
  for (size_t i = 0; i < vocabulary; ++i) {
    trace.log_probabilities[time * vocabulary + i] = normalizer.log_probability(batch.logits(0)[i]);
  }
}

}  // namespace

bool trace_text(const ModelConfig& config, const InferenceKernels& kernels,
                const InferenceWeights& weights, ThreadPool& pool, std::span<const int32_t> ids,
                std::span<float> state, Trace& trace, const ShouldStop& should_stop) {
  const size_t hidden = static_cast<size_t>(config.hidden_size);
  const size_t kinds = static_cast<size_t>(cell_traits(config.cell).saved);
  trace.times = static_cast<int>(ids.size());
  trace.hidden.resize(config.layers * ids.size() * hidden);
  trace.cell.resize(config.states() > 1 ? trace.hidden.size() : 0);
  trace.saved.resize(trace.hidden.size() * kinds);
  trace.log_probabilities.resize(ids.size() * config.vocabulary_size);

  InferenceBatch batch(config, kernels, weights, 1, pool.threads());
  std::vector<TracedLayer> traced(config.layers);
  for (TracedLayer& of_layer : traced) {
    of_layer.stride = batch.padded_units();
    of_layer.values.resize(kinds * of_layer.stride);
  }
  batch.load_row(0, state);
  AdaptiveParallelism parallelism(pool, threads_may_help(weights, 1));
  for (size_t time = 0; time < ids.size(); ++time) {
    if (should_stop && should_stop()) return false;
    parallelism.run([&](const Worker& worker) {
      batch.step(ids.subspan(time, 1), worker, true, {}, traced);
      if (worker.index == 0) keep(config, batch, traced, static_cast<int>(time), state, trace);
    });
  }
  return true;
}

void Inference::trace(std::span<const int32_t> ids, CpuState& state, Trace& trace) {
  state.read(state_);
  trace_text(config_, *kernels_, weights_, *pool_, ids, state_, trace);
  state.write(state_);
}

}  // namespace charrnn::cpu
