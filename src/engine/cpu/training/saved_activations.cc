#include "engine/cpu/training/saved_activations.h"

namespace charrnn::cpu {

template <class S>
SavedActivations<S>::SavedActivations(const Layout& layout, int group, const Batch& batch,
                                      int first, int count, const Dropout& dropout)
    : steps(batch.steps),
      first_stream(first),
      streams(count),
      objective(batch.objective),
      masks_between(dropout.between_layers > 0),
      masks_output(dropout.before_output > 0),
      with_resets(!batch.resets.empty()),
      lanes(layout.lanes),
      rows((count + group - 1) / group * group),
      loss_times(batch.objective == Objective::kAll ? batch.steps : 1) {
  const int blocks = layout.unit_blocks;
  gates_time_stride = blocks * block_stride(layout.cell.slots);
  hidden_time_stride = blocks * block_stride(1);
  cell_time_stride = (layout.cell.states - 1) * hidden_time_stride;
  logits_time_stride = layout.vocabulary_blocks() * block_stride(1);
  for (int i = 0; i < layout.config.layers; ++i) {
    Layer layer;
    layer.gates = HugeArray<S>(steps * gates_time_stride);
    layer.hidden = HugeArray<S>((steps + 1) * hidden_time_stride);
    layer.cell = HugeArray<float>((steps + 1) * cell_time_stride);
    const bool last = i + 1 == layout.config.layers;
    if (last ? masks_output : masks_between)
      layer.masked = HugeArray<S>(steps * hidden_time_stride);
    if (with_resets) layer.previous = HugeArray<S>(steps * hidden_time_stride);
    layers.push_back(std::move(layer));
  }
  d_logits = HugeArray<S>(loss_times * logits_time_stride);
  d_logits_operand = HugeArray<S>(loss_times * logits_time_stride);
  loss = HugeArray<float>(int64_t{loss_times} * rows);
  inputs.resize(static_cast<size_t>(steps) * rows);
  state =
      HugeArray<float>(int64_t{layout.config.layers} * layout.cell.states * rows * blocks * lanes);
}

template <class S>
bool SavedActivations<S>::fits(const Batch& batch, const Dropout& dropout) const {
  return steps == batch.steps && objective == batch.objective &&
         masks_between == (dropout.between_layers > 0) &&
         masks_output == (dropout.before_output > 0) && with_resets == !batch.resets.empty();
}

template struct SavedActivations<float>;
template struct SavedActivations<Bf16>;

}  // namespace charrnn::cpu
