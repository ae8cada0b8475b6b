#include "engine/reference/reference_network.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/reference/backward.h"
#include "engine/reference/reference_state.h"
#include "engine/reference/weight_dropout.h"

namespace charrnn::reference {
namespace {

ReferenceState& mine(State& state) {
  auto* reference_state = dynamic_cast<ReferenceState*>(&state);
  check(reference_state, "a state is used by the kind of network that made it");
  return *reference_state;
}

// The gradient of  -weight sum_i q[i] log p[i]  with respect to the logits:
//   weight (p[i] - q[i])      q[i] = (1 - s where i is the target, else 0) + s / V
// with the smoothing s (Szegedy et al. 2016, section 7).
Vector cross_entropy_gradient(const Vector& log_probabilities, int32_t target, double weight,
                              double smoothing) {
  const double every = smoothing / static_cast<double>(log_probabilities.size());
  Vector d_logits(log_probabilities.size());
  for (size_t i = 0; i < d_logits.size(); ++i) {
    d_logits[i] = weight * (std::exp(log_probabilities[i]) - every);
  }
  d_logits[target] -= weight * (1 - smoothing);
  return d_logits;
}

}  // namespace

ReferenceNetwork::ReferenceNetwork(const ModelConfig& config)
    : config_(config), learned_{Tensors(config), {}, {}, {}} {}

void ReferenceNetwork::load_part(SnapshotPart part, const Parameters& values) {
  check(part != SnapshotPart::kWeights || values.config() == config_,
        "weights fit the network they are loaded into");
  learned_[part] = values.empty() ? Tensors() : Tensors(values);
}

void ReferenceNetwork::store_part(SnapshotPart part, Parameters& values) const {
  const Tensors& mine = learned_[part];
  if (!mine.empty()) {
    values = mine.rounded(config_);
  } else {
    values = part == SnapshotPart::kEma ? Parameters() : Parameters(config_);
  }
}

void ReferenceNetwork::swap_ema() {
  if (!learned_.ema.empty()) std::swap(learned_.weights, learned_.ema);
}

std::unique_ptr<State> ReferenceNetwork::new_state(int streams) const {
  return std::make_unique<ReferenceState>(config_, streams);
}

Step ReferenceNetwork::read(int32_t id, StreamState& state, bool with_logits) const {
  return read_character(config_, learned_.weights, id, {}, {}, with_logits, state);
}

// One stream's share of the batch's mean loss; its gradient is added to `gradient`.
double ReferenceNetwork::learn_stream(const Tensors& weights, const Batch& batch, int stream,
                                      StreamState& state, Tensors& gradient) const {
  const bool last_only = batch.objective == Objective::kLast;
  const double weight = 1.0 / (static_cast<double>(batch.streams) * (last_only ? 1 : batch.steps));
  StreamDropout masks = {batch.dropout, config_.layers, 0, stream};
  std::vector<Step> steps;
  std::vector<Vector> d_logits(batch.steps);
  double loss = 0;
  for (int t = 0; t < batch.steps; ++t) {
    masks.time = t;
    const bool predicts = !last_only || t == batch.steps - 1;
    const size_t place = static_cast<size_t>(t) * batch.streams + stream;
    const int32_t id = batch.inputs[place];
    const bool begins = !batch.resets.empty() && batch.resets[place] != 0;
    if (begins) state = zero_state(config_);
    steps.push_back(read_character(config_, weights, id, masks, {}, predicts, state));
    steps.back().begins = begins;
    if (!predicts) continue;
    const size_t row_begin = last_only ? 0 : static_cast<size_t>(t) * batch.streams;
    const int32_t target = batch.targets[row_begin + stream];
    check(target >= 0 && target < config_.vocabulary_size, "a target is in the vocabulary");
    const Vector& log_probabilities = steps.back().log_probabilities;
    loss -= weight * log_probabilities[target];
    d_logits[t] =
        cross_entropy_gradient(log_probabilities, target, weight, double{batch.label_smoothing});
  }
  const std::vector<Vector> d_embedded =
      backward(config_, weights, steps, d_logits, masks, gradient);
  if (config_.one_hot) return loss;  // the identity is not learned
  const auto d_embedding = gradient.tensor(Places::embedding);
  for (int t = 0; t < batch.steps; ++t) {
    add_scaled(row(d_embedding, steps[t].id, d_embedded[t].size()), 1, d_embedded[t]);
  }
  return loss;
}

ReferenceNetwork::Learning ReferenceNetwork::learn(const Batch& batch, State& state) const {
  const Dropout& dropout = batch.dropout;
  check(state.streams() >= batch.streams, "a batch has a state for each stream");
  Learning learning{0, Tensors(config_)};
  Tensors weights = learned_.weights;
  apply_weight_dropout(config_, dropout, weights);
  for (int stream = 0; stream < batch.streams; ++stream) {
    learning.loss +=
        learn_stream(weights, batch, stream, mine(state).stream(stream), learning.gradient);
  }
  apply_weight_dropout(config_, dropout, learning.gradient);
  return learning;
}

StepResult ReferenceNetwork::train_step(const Batch& batch, State& state, const Update& update) {
  ReferenceState after = mine(state);
  Learning learning = learn(batch, after);
  StepResult result{learning.loss, gradient_norm(learning.gradient)};
  result.applied = std::isfinite(result.loss) && std::isfinite(result.gradient_norm);
  if (!result.applied) return result;
  mine(state) = std::move(after);
  for (Tensors* moment : {&learned_.first_moment, &learned_.second_moment}) {
    if (moment->empty()) *moment = Tensors(config_);
  }
  apply_update(config_, update, result.gradient_norm, learning.gradient, learned_);
  // What is kept between steps is float32 as on every machine, so that nothing is lost when it is
  // stored: a run that goes on from there is the same to the last bit.
  mine(state).round();
  for (Tensors* kept :
       {&learned_.weights, &learned_.first_moment, &learned_.second_moment, &learned_.ema}) {
    kept->round();
  }
  return result;
}

double ReferenceNetwork::gradient(const Batch& batch, State& state, Parameters& gradient) {
  const Learning learning = learn(batch, state);
  gradient = learning.gradient.rounded(config_);
  return learning.loss;
}

void ReferenceNetwork::advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
                               std::span<const Hold> holds) {
  for (size_t stream = 0; stream < ids.size(); ++stream) {
    Vector scores;
    read_character(config_, learned_.weights, ids[stream], {}, holds, true,
                   mine(state).stream(static_cast<int>(stream)), &scores);
    for (size_t i = 0; i < scores.size(); ++i) {
      logits[stream * scores.size() + i] = static_cast<float>(scores[i]);
    }
  }
}

double ReferenceNetwork::evaluate(std::span<const int32_t> ids, State& state,
                                  std::span<float> surprise, std::span<const uint8_t> resets) {
  double sum = 0;
  for (size_t t = 0; t + 1 < ids.size(); ++t) {
    if (!resets.empty() && resets[t] != 0) mine(state).clear_stream(0);
    const Step step = read(ids[t], mine(state).stream(0));
    const double loss = -step.log_probabilities[ids[t + 1]];
    if (!surprise.empty()) surprise[t] = static_cast<float>(loss);
    sum += loss;
  }
  return sum;
}

void ReferenceNetwork::trace(std::span<const int32_t> ids, State& state, Trace& trace) {
  std::vector<Step> steps;
  for (const int32_t id : ids) steps.push_back(read(id, mine(state).stream(0)));
  trace = Trace();
  trace.times = static_cast<int>(ids.size());
  const auto append = [](std::vector<float>& to, const Vector& from) {
    for (const double value : from) to.push_back(static_cast<float>(value));
  };
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (const Step& step : steps) {
      const LayerStep& done = step.layers[layer];
      append(trace.hidden, done.state[0]);
      if (config_.states() > 1) append(trace.cell, done.state[1]);
      for (const Vector& saved : done.saved) append(trace.saved, saved);
    }
  }
  for (const Step& step : steps) append(trace.log_probabilities, step.log_probabilities);
}

std::vector<float> ReferenceNetwork::sensitivity(std::span<const int32_t> ids, int32_t target,
                                                 const ShouldStop& should_stop) {
  StreamState state = zero_state(config_);
  std::vector<Step> steps;
  for (size_t t = 0; t < ids.size(); ++t) {
    if (should_stop && should_stop()) return {};
    steps.push_back(read(ids[t], state, t + 1 == ids.size()));
  }
  std::vector<float> norms;
  if (steps.empty()) return norms;
  std::vector<Vector> d_logits(ids.size());
  d_logits.back() = cross_entropy_gradient(steps.back().log_probabilities, target, 1, 0);
  Tensors unused(config_);
  for (const Vector& d : backward(config_, learned_.weights, steps, d_logits, {}, unused)) {
    norms.push_back(static_cast<float>(std::sqrt(dot(d, d))));
  }
  return norms;
}

}  // namespace charrnn::reference
