// One step of the network with all its numbers. States, gates and probabilities come from the
// engine; the two parts of each gate's sum are computed here from the weights:
//
//   from_input = W_ih x + b_ih      from_hidden = W_hh h + b_hh
#include <algorithm>
#include <cmath>

#include "generate/sampler.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection_input.h"

namespace charrnn {
namespace {

constexpr Field kTourFields[] = {
    {"temperature", FieldKind::kReal, 0, 100},
    {"seed", FieldKind::kSeed},
    {"draw", FieldKind::kInteger, 0, 2147483647},
};

using Values = std::vector<float>;

// y = W x + b; W is [rows][x.size()].
Values affine(std::span<const float> weights, std::span<const float> bias, const Values& x) {
  Values y(bias.size());
  for (size_t row = 0; row < y.size(); ++row) {
    double sum = bias[row];
    for (size_t i = 0; i < x.size(); ++i) sum += double(weights[row * x.size() + i]) * x[i];
    y[row] = static_cast<float>(sum);
  }
  return y;
}

Json by_gate(const Values& values, const std::vector<std::string>& names, size_t hidden) {
  Json json = Json::object();
  for (size_t gate = 0; gate * hidden < values.size(); ++gate) {
    json[names[gate]] = short_numbers(std::span(values).subspan(gate * hidden, hidden));
  }
  return json;
}

// The values of one layer at one time; zeros before the first.
Values at(const std::vector<float>& all, size_t layer, int64_t time, int times, size_t size) {
  if (time < 0) return Values(size, 0.0f);
  const auto begin =
      all.begin() + static_cast<std::ptrdiff_t>((layer * static_cast<size_t>(times) + time) * size);
  return Values(begin, begin + static_cast<std::ptrdiff_t>(size));
}

Json layers_json(const InspectionInput& text, const Trace& trace, Values input, Values& output) {
  const ModelConfig& config = text.model->config();
  const Parameters& weights = text.model->model().weights;
  const auto hidden = static_cast<size_t>(config.hidden_size);
  const auto names = saved_names(config.cell);
  const int64_t now = trace.times - 1;
  // The state is reset where a document begins.
  const int64_t earlier = text.ids.back() == text.model->border() ? -1 : now - 1;
  Json layers = Json::array();
  for (int layer = 0; layer < config.layers; ++layer) {
    const Values before = at(trace.hidden, layer, earlier, trace.times, hidden);
    output = at(trace.hidden, layer, now, trace.times, hidden);
    const Values saved =
        at(trace.saved, layer, now, trace.times, hidden * cell_traits(config.cell).saved);
    Json json = {
        {"layer", layer},
        {"input", short_numbers(input)},
        {"hidden_before", short_numbers(before)},
        {"from_input",
         by_gate(affine(weights.weight_ih(layer), weights.bias_ih(layer), input), names, hidden)},
        {"from_hidden",
         by_gate(affine(weights.weight_hh(layer), weights.bias_hh(layer), before), names, hidden)},
        {"gates", by_gate(saved, names, hidden)},
        {"hidden_after", short_numbers(output)}};
    if (!trace.cell.empty()) {
      json["cell_before"] = short_numbers(at(trace.cell, layer, earlier, trace.times, hidden));
      json["cell_after"] = short_numbers(at(trace.cell, layer, now, trace.times, hidden));
    }
    layers.push_back(std::move(json));
    input = output;
  }
  return layers;
}

// softmax(scores / temperature); at 0 all on the largest.
std::vector<double> probabilities(std::span<const float> scores, double temperature) {
  std::vector<double> p(scores.size(), 0.0);
  const auto best = std::max_element(scores.begin(), scores.end());
  if (temperature == 0) {
    p[static_cast<size_t>(best - scores.begin())] = 1;
    return p;
  }
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i)
    sum += p[i] = std::exp((double(scores[i]) - *best) / temperature);
  for (double& value : p) value /= sum;
  return p;
}

Json short_numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(json_number(value));
  return array;
}

}  // namespace

void post_tour(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kTourFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const ModelConfig& config = text.model->config();
  const Parameters& weights = text.model->model().weights;
  const Trace trace = trace_text(text);
  const int32_t id = text.ids.back();
  const auto row = weights.embedding().subspan(size_t(id) * config.embedding_size,
                                               size_t(config.embedding_size));
  const Values embedding(row.begin(), row.end());
  Values output;
  Json layers = layers_json(text, trace, embedding, output);
  const Values scores = affine(weights.fc_weight(), weights.fc_bias(), output);

  SamplingSettings sampling;
  sampling.temperature = fields.real("temperature", 1);
  const double uniform = sampling_uniform(fields.seed().value_or(42), 0,
                                          static_cast<uint64_t>(fields.integer("draw", 0)));
  const int32_t drawn = draw(scores, sampling, {}, uniform);
  const std::vector<double> p = probabilities(scores, sampling.temperature);
  double before = 0;
  for (int32_t i = 0; i < drawn; ++i) before += p[i];
  reply_json(exchange, {{"text", text.text},
                        {"character", text.model->vocabulary().text(id)},
                        {"id", id},
                        {"embedding", short_numbers(std::span<const float>(embedding))},
                        {"layers", std::move(layers)},
                        {"scores", short_numbers(std::span<const float>(scores))},
                        {"probabilities", short_numbers(p)},
                        {"probabilities_at_1", short_numbers(probabilities(scores, 1))},
                        {"draw",
                         {{"uniform", uniform},
                          {"id", drawn},
                          {"character", text.model->vocabulary().text(drawn)},
                          {"cumulative_before", before},
                          {"cumulative_after", before + p[drawn]}}}});
}

}  // namespace charrnn
