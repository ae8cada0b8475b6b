// One step of the network with all its numbers. States, gates and probabilities come from the
// engine; the two parts of each gate's sum are computed here from the weights:
//
//   from_input = W_ih x + b_ih      from_hidden = W_hh h + b_hh
#include <algorithm>
#include <cmath>

#include "generate/sampler.h"
#include "model/cells/saved_names.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"

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

// One character's trace: [layers] of values of each layer.
struct Moment {
  std::vector<Values> hidden, cell, saved;
};

// Zeros, as before the first character.
Moment zero_moment(const ModelConfig& config) {
  const Values zeros(config.hidden_size, 0.0f);
  const std::vector<Values> layers(config.layers, zeros);
  return {layers, layers, std::vector<Values>(config.layers)};
}

Moment moment_of(const ModelConfig& config, const Trace& part, int time) {
  const auto rows_of = [&](const std::vector<float>& values, size_t size) {
    std::vector<Values> rows;
    for (size_t layer = 0; layer * part.times * size < values.size(); ++layer) {
      const auto row = std::span(values).subspan((layer * part.times + time) * size, size);
      rows.emplace_back(row.begin(), row.end());
    }
    return rows;
  };
  const size_t hidden = config.hidden_size;
  return {rows_of(part.hidden, hidden), rows_of(part.cell, hidden),
          rows_of(part.saved, hidden * cell_traits(config.cell).saved)};
}

// The last character and the one before it, of which no more than the state is read.
struct LastStep {
  Moment before, now;
};

LastStep trace_last_step(const Api& api, const ExchangePtr& exchange, const InspectionInput& text) {
  const ModelConfig& config = text.model->config();
  LastStep step;
  trace_in_parts(api, exchange, *text.model, text.ids, [&](size_t begin, const Trace& part) {
    // The state is reset where a document begins.
    const bool is_new = begin == 0 || text.ids[begin] == text.model->border();
    step.before = part.times > 1 ? moment_of(config, part, part.times - 2)
                  : is_new       ? zero_moment(config)
                                 : std::move(step.now);
    step.now = moment_of(config, part, part.times - 1);
  });
  return step;
}

Json layers_json(const InspectionInput& text, const LastStep& step, Values input, Values& output) {
  const ModelConfig& config = text.model->config();
  const Parameters& weights = text.model->model().weights;
  const auto hidden = static_cast<size_t>(config.hidden_size);
  const auto names = saved_names(config.cell);
  Json layers = Json::array();
  for (int layer = 0; layer < config.layers; ++layer) {
    const Values& before = step.before.hidden[layer];
    output = step.now.hidden[layer];
    const Values& saved = step.now.saved[layer];
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
    if (config.states() > 1) {
      json["cell_before"] = short_numbers(step.before.cell[layer]);
      json["cell_after"] = short_numbers(step.now.cell[layer]);
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
  // At most: every input, state, gate and part of a gate's sum of a unit.
  ReplySize()
      .add(ReplyPart::kNumber,
           {config.layers, config.hidden_size, 6 + 3 * cell_traits(config.cell).saved})
      .add(ReplyPart::kNumber, {3, config.vocabulary_size})
      .check("model", "this model is too large for a tour");
  const LastStep step = trace_last_step(api, exchange, text);
  const int32_t id = text.ids.back();
  const auto row = weights.embedding().subspan(size_t(id) * config.embedding_size,
                                               size_t(config.embedding_size));
  const Values embedding(row.begin(), row.end());
  Values output;
  Json layers = layers_json(text, step, embedding, output);
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
