#include "engine/cuda/training/training.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/batch_check.h"

namespace charrnn::cuda {
namespace {

size_t aligned(size_t bytes) { return (bytes + 15) / 16 * 16; }

MaskedMatrices masked(const Dropout& dropout) {
  return {.recurrent = dropout.recurrent_weights > 0, .embedding = dropout.embedding > 0};
}

}  // namespace

template <class Stored>
Training<Stored>::Training(DeviceWeights<Stored>& weights, Products& products, const Stream& stream)
    : weights_(weights),
      products_(products),
      stream_(stream),
      gradient_(weights.layout().size),
      loss_parts_(kLossParts),
      norm_parts_(kNormParts),
      outcome_(1),
      host_outcome_(1) {}

// The arrays fit the shape of the last batch: training has the same one again and again.
template <class Stored>
void Training<Stored>::reserve(const Batch& batch) {
  const WeightsLayout& sizes = weights_.layout();
  if (batch.steps == steps_ && batch.streams == streams_) return;
  graphs_.clear();
  pass_.reset();
  pass_.emplace(weights_, products_, stream_, batch.steps, batch.streams, Pass<Stored>::Keeps::kAll,
                &background_);
  steps_ = batch.steps;
  streams_ = batch.streams;
  const size_t rows = static_cast<size_t>(steps_) * streams_;
  offsets_.inputs = aligned(sizeof(StepValues));
  offsets_.targets = offsets_.inputs + aligned(rows * sizeof(int32_t));
  offsets_.resets = offsets_.targets + aligned(rows * sizeof(int32_t));
  offsets_.end = offsets_.resets + aligned(rows);
  host_batch_ = HostArray<char>(offsets_.end);
  device_batch_ = DeviceArray<char>(offsets_.end);
  state_before_ = DeviceArray<float>(static_cast<size_t>(sizes.config.layers) * sizes.states *
                                     streams_ * sizes.hidden);
}

template <class Stored>
void Training<Stored>::pack(const Batch& batch, const StepValues& values) {
  const auto put = [&](size_t place, const auto& array) {
    if (!array.empty()) {
      std::memcpy(host_batch_.data() + place, array.data(), array.size() * sizeof(array[0]));
    }
  };
  put(0, std::span(&values, 1));
  put(offsets_.inputs, batch.inputs);
  put(offsets_.targets, batch.targets);
  put(offsets_.resets, batch.resets);
}

template <class Stored>
Text Training<Stored>::text(const Batch& batch) const {
  const char* memory = device_batch_.data();
  return {.steps = batch.steps,
          .streams = batch.streams,
          .ids = reinterpret_cast<const int32_t*>(memory + offsets_.inputs),
          .resets = batch.resets.empty()
                        ? nullptr
                        : reinterpret_cast<const uint8_t*>(memory + offsets_.resets),
          .targets = reinterpret_cast<const int32_t*>(memory + offsets_.targets),
          .last_only = batch.objective == Objective::kLast};
}

// Everything up to the gradient, from the copy of the batch on.
template <class Stored>
void Training<Stored>::queue_gradient(const Batch& batch, const std::vector<CarriedState>& carried,
                                      const Dropout& dropout) {
  const size_t used = batch.resets.empty() ? offsets_.resets : offsets_.end;
  check_cuda(cudaMemcpyAsync(device_batch_.data(), host_batch_.data(), used, cudaMemcpyHostToDevice,
                             stream_),
             "copying a batch to the GPU");
  if (dropout.on_weights()) weights_.make_masked(masked(dropout), values(), stream_);
  const Text text = this->text(batch);
  const OutputDropout outputs = {dropout.between_layers > 0, dropout.before_output > 0,
                                 dropout.locked, values()};
  pass_->forward(text, outputs, carried);
  pass_->score(text, {.parts = loss_parts_.data(),
                      .d_logits = pass_->d_logits(),
                      .weight = 1 / static_cast<float>(text.scored()),
                      .step = values()});
  pass_->backward(text, outputs, gradient_.data());
  mask_gradient(weights_.layout(), masked(dropout), values(), gradient_.data(), stream_);
}

template <class Stored>
UpdatedBlock<Stored> Training<Stored>::block() const {
  const WeightsLayout& sizes = weights_.layout();
  return {.weights = weights_.values(SnapshotPart::kWeights),
          .first_moment = weights_.values(SnapshotPart::kFirstMoment),
          .second_moment = weights_.values(SnapshotPart::kSecondMoment),
          .ema = nullptr,
          .operands = weights_.operands(),
          .gradient = gradient_.data(),
          .begin = sizes.learned_begin(),
          .matrices_end = sizes.matrices_end,
          .end = sizes.size};
}

template <class Stored>
void Training<Stored>::queue_step(const Batch& batch, const CudaState& state,
                                  const Update& update) {
  check_cuda(cudaMemcpyAsync(state_before_.data(), state.values(), state_before_.bytes(),
                             cudaMemcpyDeviceToDevice, stream_),
             "copying states");
  queue_gradient(batch, state.carried(), batch.dropout);
  UpdatedBlock<Stored> updated = block();
  if (update.ema_decay > 0) updated.ema = weights_.values(SnapshotPart::kEma);
  sum_squares(gradient_.data(), updated.begin, updated.end, norm_parts_.data(), stream_);
  apply_update(updated, update.optimizer, update.clip, values(), loss_parts_.data(),
               norm_parts_.data(), outcome_.data(), stream_);
  weights_.transpose_operands(stream_);
  check_cuda(cudaMemcpyAsync(host_outcome_.data(), outcome_.data(), sizeof(StepOutcome),
                             cudaMemcpyDeviceToHost, stream_),
             "copying a step's result");
}

template <class Stored>
Graphs::Key Training<Stored>::key(const Batch& batch, const CudaState& state,
                                  const Update& update) const {
  const Dropout& dropout = batch.dropout;
  const auto address = [](const void* data) { return reinterpret_cast<int64_t>(data); };
  return {batch.objective == Objective::kLast,
          !batch.resets.empty(),
          static_cast<int64_t>(update.optimizer),
          static_cast<int64_t>(update.clip),
          update.ema_decay > 0,
          dropout.between_layers > 0,
          dropout.before_output > 0,
          dropout.locked,
          dropout.recurrent_weights > 0,
          dropout.embedding > 0,
          address(state.values()),
          address(weights_.values(SnapshotPart::kWeights)),
          address(weights_.values(SnapshotPart::kEma))};
}

template <class Stored>
StepResult Training<Stored>::step(const Batch& batch, CudaState& state, const Update& update) {
  check_batch(batch, state, weights_.layout().config);
  reserve(batch);
  if (update.ema_decay > 0) weights_.begin_ema();
  pack(batch, step_values(batch, update));
  if (!batch.dropout.on_weights()) weights_.make_plain(stream_);
  graphs_.run(stream_, key(batch, state, update), [&] { queue_step(batch, state, update); });
  stream_.wait();
  const StepOutcome outcome = *host_outcome_.data();
  // The step leaves operands of the new weights; where it was not applied, masks stay.
  weights_.set_changed(outcome.applied || !batch.dropout.on_weights());
  if (!outcome.applied) {
    check_cuda(cudaMemcpy(state.values(), state_before_.data(), state_before_.bytes(),
                          cudaMemcpyDeviceToDevice),
               "copying states");
    wait_for_copies("copying states");
  }
  return {outcome.loss, outcome.gradient_norm, outcome.applied != 0};
}

template <class Stored>
double Training<Stored>::gradient(const Batch& batch, CudaState& state, Parameters& gradient) {
  const Dropout& dropout = batch.dropout;
  check_batch(batch, state, weights_.layout().config);
  reserve(batch);
  pack(batch, step_values(batch));
  if (!dropout.on_weights()) weights_.make_plain(stream_);
  // What an earlier step left in the embedding's place, where it is not learned.
  check_cuda(cudaMemsetAsync(gradient_.data(), 0, gradient_.bytes(), stream_),
             "clearing gradients");
  queue_gradient(batch, state.carried(), dropout);
  stream_.wait();
  if (dropout.on_weights()) weights_.set_changed(false);
  std::vector<double> parts(kLossParts);
  download(loss_parts_.data(), parts.data(), loss_parts_.bytes());
  std::vector<float> block(gradient_.size());
  download(gradient_.data(), block.data(), gradient_.bytes());
  weights_.layout().unpack(block, gradient);
  double loss = 0;
  for (const double part : parts) loss += part;
  return loss;
}

template class Training<float>;
template class Training<__nv_bfloat16>;

}  // namespace charrnn::cuda
