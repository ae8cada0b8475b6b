#include "engine/cuda/inference/inference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "engine/cuda/kernels/inference_step.h"
#include "engine/cuda/kernels/input_table.h"

namespace charrnn::cuda {
namespace {

constexpr size_t kPart = 4096;       // characters of a text that are read without a pause
constexpr size_t kTracedPart = 512;  // a trace is much larger

float to_float(float value) { return value; }
float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }

// Values on the GPU, as floats on the host.
template <class Stored>
std::vector<float> fetch(const Stored* from, size_t count) {
  std::vector<Stored> stored(count);
  download(from, stored.data(), count * sizeof(Stored));
  std::vector<float> values(count);
  std::ranges::transform(stored, values.begin(), [](Stored value) { return to_float(value); });
  return values;
}

}  // namespace

template <class Stored>
Inference<Stored>::Inference(DeviceWeights<Stored>& weights, Products& products,
                             const Stream& stream)
    : weights_(weights),
      products_(products),
      stream_(stream),
      table_(static_cast<size_t>(weights.layout().vocabulary) * weights.layout().gates *
             weights.layout().hidden) {}

// The operands are those of the weights as they are now.
template <class Stored>
void Inference<Stored>::prepare() {
  weights_.make_plain(stream_);
  if (table_version_ == weights_.version()) return;
  make_input_table(weights_, products_, table_.data());
  table_version_ = weights_.version();
}

template <class Stored>
void Inference<Stored>::reserve(int streams) {
  if (streams <= streams_) return;
  const WeightsLayout& sizes = weights_.layout();
  graphs_.clear();
  const size_t rows = static_cast<size_t>(streams), layers = sizes.config.layers;
  ids_ = DeviceArray<int32_t>(rows);
  host_ids_ = HostArray<int32_t>(rows);
  hidden_states_ = DeviceArray<float>(layers * rows * sizes.hidden);
  held_ = DeviceArray<float>(layers * sizes.hidden);
  logits_ = DeviceArray<float>(rows * sizes.config.vocabulary_size);
  host_logits_ = HostArray<float>(rows * sizes.config.vocabulary_size);
  streams_ = streams;
}

template <class Stored>
void Inference<Stored>::hold(std::span<const Hold> holds) {
  const WeightsLayout& sizes = weights_.layout();
  std::vector<float> held(held_.size(), std::numeric_limits<float>::quiet_NaN());
  for (const Hold& hold : holds) held[hold.layer * sizes.hidden + hold.unit] = hold.value;
  upload(held.data(), held_.data(), held_.bytes());
}

template <class Stored>
void Inference<Stored>::queue_advance(int streams, const CudaState& state, bool holding) {
  const WeightsLayout& sizes = weights_.layout();
  const int64_t rows = int64_t{streams_} * sizes.hidden;
  const std::vector<CarriedState> carried = state.carried();
  check_cuda(cudaMemcpyAsync(ids_.data(), host_ids_.data(), streams * sizeof(int32_t),
                             cudaMemcpyHostToDevice, stream_),
             "copying characters to the GPU");
  for (int layer = 0; layer < sizes.config.layers; ++layer) {
    AdvanceLayer<Stored> run;
    run.streams = streams;
    run.hidden = sizes.hidden;
    run.recurrent_weights = weights_.operand(sizes.recurrent[layer]);
    run.input_bias = weights_.bias(sizes.input_bias[layer]);
    run.recurrent_bias = weights_.bias(sizes.recurrent_bias[layer]);
    if (layer == 0) {
      run.table = table_.data();
      run.ids = ids_.data();
    } else {
      run.input_weights = weights_.operand(sizes.input[layer]);
      run.below = hidden_states_.data() + (layer - 1) * rows;
    }
    run.state = carried[layer];
    if (holding) run.held = held_.data() + int64_t{layer} * sizes.hidden;
    run.hidden_state = hidden_states_.data() + layer * rows;
    advance_layer(sizes.config.cell, run, stream_);
    check_cuda(cudaMemcpyAsync(carried[layer].values, run.hidden_state,
                               static_cast<size_t>(streams) * sizes.hidden * sizeof(float),
                               cudaMemcpyDeviceToDevice, stream_),
               "copying states");
  }
  const int vocabulary = sizes.config.vocabulary_size;
  advance_output(weights_.operand(sizes.output), weights_.bias(sizes.output_bias),
                 hidden_states_.data() + (sizes.config.layers - 1) * rows, streams, sizes.hidden,
                 vocabulary, logits_.data(), stream_);
  check_cuda(cudaMemcpyAsync(host_logits_.data(), logits_.data(),
                             static_cast<size_t>(streams) * vocabulary * sizeof(float),
                             cudaMemcpyDeviceToHost, stream_),
             "copying logits from the GPU");
}

template <class Stored>
void Inference<Stored>::advance(std::span<const int32_t> ids, CudaState& state,
                                std::span<float> logits, std::span<const Hold> holds) {
  const WeightsLayout& sizes = weights_.layout();
  const int streams = static_cast<int>(ids.size());
  check(streams <= state.streams(), "a state has a stream for each id");
  check(logits.size() == ids.size() * sizes.config.vocabulary_size,
        "there is room for the logits of each id");
  for (const int32_t id : ids) {
    check(id >= 0 && id < sizes.config.vocabulary_size, "an id read is in the vocabulary");
  }
  if (streams == 0) return;
  prepare();
  reserve(streams);
  std::ranges::copy(ids, host_ids_.data());
  if (!holds.empty()) hold(holds);
  const auto address = [](const void* data) { return reinterpret_cast<int64_t>(data); };
  graphs_.run(stream_,
              {streams, state.streams(), !holds.empty(), address(state.values()),
               address(weights_.values(SnapshotPart::kWeights))},
              [&] { queue_advance(streams, state, !holds.empty()); });
  stream_.wait();
  std::copy_n(host_logits_.data(), logits.size(), logits.begin());
}

template <class Stored>
Text Inference<Stored>::upload_text(std::span<const int32_t> ids, std::span<const uint8_t> resets) {
  if (text_.size() < ids.size() + 1) {
    text_ = DeviceArray<int32_t>(std::max(ids.size() + 1, kPart + 1));
    resets_ = DeviceArray<uint8_t>(text_.size());
  }
  upload(ids.data(), text_.data(), ids.size_bytes());
  if (!resets.empty()) upload(resets.data(), resets_.data(), resets.size_bytes());
  return {.steps = static_cast<int>(ids.size()),
          .streams = 1,
          .ids = text_.data(),
          .resets = resets.empty() ? nullptr : resets_.data(),
          .targets = nullptr,
          .last_only = false};
}

template <class Stored>
double Inference<Stored>::evaluate(std::span<const int32_t> ids, CudaState& state,
                                   std::span<float> surprise, std::span<const uint8_t> resets) {
  double sum = 0;
  if (ids.size() < 2) return sum;
  prepare();
  if (!evaluation_pass_) {
    evaluation_pass_.emplace(weights_, products_, stream_, static_cast<int>(kPart), 1,
                             Keeps::kStates);
    losses_ = DeviceArray<float>(kPart);
  }
  std::vector<float> losses(kPart);
  const std::vector<CarriedState> carried = state.carried();
  for (size_t begin = 0; begin + 1 < ids.size(); begin += kPart) {
    const size_t count = std::min(kPart, ids.size() - 1 - begin);
    Text text = upload_text(ids.subspan(begin, count + 1),
                            resets.empty() ? resets : resets.subspan(begin, count));
    text.steps = static_cast<int>(count);
    text.targets = text.ids + 1;
    evaluation_pass_->forward(text, {}, carried);
    evaluation_pass_->score(text, {.losses = losses_.data()});
    stream_.wait();
    download(losses_.data(), losses.data(), count * sizeof(float));
    for (size_t i = 0; i < count; ++i) sum += losses[i];
    if (!surprise.empty()) std::copy_n(losses.begin(), count, surprise.begin() + begin);
  }
  return sum;
}

template <class Stored>
void Inference<Stored>::trace(std::span<const int32_t> ids, CudaState& state, Trace& trace) {
  const ModelConfig& config = weights_.layout().config;
  const size_t hidden = ids.size() * config.layers * config.hidden_size;
  trace.times = static_cast<int>(ids.size());
  trace.hidden.resize(hidden);
  trace.cell.resize(config.states() > 1 ? hidden : 0);
  trace.saved.resize(hidden * cell_traits(config.cell).saved);
  trace.log_probabilities.resize(ids.size() * config.vocabulary_size);
  prepare();
  if (!trace_pass_) {
    trace_pass_.emplace(weights_, products_, stream_, static_cast<int>(kTracedPart), 1,
                        Keeps::kAll);
    log_probabilities_ = DeviceArray<float>(kTracedPart * config.vocabulary_size);
  }
  for (size_t begin = 0; begin < ids.size(); begin += kTracedPart) {
    trace_part(ids.subspan(begin, std::min(kTracedPart, ids.size() - begin)), state, begin, trace);
  }
}

template <class Stored>
void Inference<Stored>::trace_part(std::span<const int32_t> ids, CudaState& state, size_t begin,
                                   Trace& trace) {
  const WeightsLayout& sizes = weights_.layout();
  const size_t hidden_size = sizes.config.hidden_size, saved = sizes.saved;
  const Text text = upload_text(ids, {});
  trace_pass_->forward(text, {}, state.carried());
  trace_pass_->score(text, {.log_probabilities = log_probabilities_.data()});
  stream_.wait();
  for (int layer = 0; layer < sizes.config.layers; ++layer) {
    const size_t place = static_cast<size_t>(layer) * trace.times + begin;
    // The first row is the state before.
    const size_t row = sizes.hidden;
    const auto copy = [&](const Stored* from, std::vector<float>& to, size_t to_row, size_t rows) {
      const std::vector<float> values = fetch(from, rows * row);
      for (size_t i = 0; i < rows; ++i) {
        std::copy_n(&values[i * row], hidden_size, &to[(to_row + i) * hidden_size]);
      }
    };
    copy(trace_pass_->hidden_states(layer) + row, trace.hidden, place, ids.size());
    if (sizes.states > 1)
      copy(trace_pass_->other_states(layer) + row, trace.cell, place, ids.size());
    copy(trace_pass_->saved(layer), trace.saved, place * saved, ids.size() * saved);
  }
  download(log_probabilities_.data(),
           &trace.log_probabilities[begin * sizes.config.vocabulary_size],
           ids.size() * sizes.config.vocabulary_size * sizeof(float));
}

template <class Stored>
std::vector<float> Inference<Stored>::sensitivity(std::span<const int32_t> ids, int32_t target) {
  if (ids.empty()) return {};
  const WeightsLayout& sizes = weights_.layout();
  const int steps = static_cast<int>(ids.size());
  prepare();
  Pass<Stored> pass(weights_, products_, stream_, steps, 1, Keeps::kAll);
  const CudaState state(sizes, 1);
  Text text = upload_text(ids, {});
  text.last_only = true;
  upload(&target, text_.data() + steps, sizeof(target));
  text.targets = text.ids + steps;
  const DeviceArray<StepValues> no_smoothing(1);
  pass.forward(text, {}, state.carried());
  pass.score(text, {.d_logits = pass.d_logits(), .step = no_smoothing.data()});
  pass.backward(text, {}, nullptr);
  // The gradient of what was read: d_sums · W_ih.
  const DeviceArray<float> d_embedded(static_cast<size_t>(steps) * sizes.embedding);
  products_.multiply(Factor<Stored>{pass.d_sums(), int64_t{sizes.sums} * sizes.hidden},
                     Factor<Stored>{weights_.operand(sizes.input[0]), sizes.embedding},
                     Product<float>{d_embedded.data(), sizes.embedding}, steps, sizes.embedding,
                     sizes.gates * sizes.hidden);
  stream_.wait();
  const std::vector<float> values = fetch<float>(d_embedded.data(), d_embedded.size());
  std::vector<float> norms(ids.size());
  for (size_t t = 0; t < ids.size(); ++t) {
    double sum = 0;
    for (int i = 0; i < sizes.embedding; ++i) {
      const double value = values[t * sizes.embedding + i];
      sum += value * value;
    }
    norms[t] = static_cast<float>(std::sqrt(sum));
  }
  return norms;
}

template class Inference<float>;
template class Inference<__nv_bfloat16>;

}  // namespace charrnn::cuda
