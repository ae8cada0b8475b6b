// How far back the network looks: the size of the gradient of a prediction with respect to every
// character before it.
#include <algorithm>
#include <cmath>

#include "evaluate/document_trace.h"
#include "serve/endpoints.h"
#include "serve/looked_at_text.h"

namespace charrnn {
namespace {

constexpr Field kFields[] = {
    {"position", FieldKind::kInteger, 1, kMostLookedAt},
    {"target", FieldKind::kText, 1, 8},
};

constexpr Field kAverageFields[] = {
    {"positions", FieldKind::kInteger, 1, 64},
    {"distances", FieldKind::kInteger, 1, 2000},
};

// log p of what may follow the ids.
std::vector<float> next_log_probabilities(ServedModel& model, std::span<const int32_t> ids) {
  return model.inspect([&](Engine& engine) {
    const Trace trace = trace_documents(engine, ids, model.border());
    const size_t size = model.config().vocabulary_size;
    return std::vector<float>(trace.log_probabilities.end() - static_cast<std::ptrdiff_t>(size),
                              trace.log_probabilities.end());
  });
}

std::vector<float> sensitivity_of(ServedModel& model, std::span<const int32_t> ids,
                                  int32_t target) {
  return model.inspect(
      [&](Engine& engine) { return sensitivity_in_document(engine, ids, target, model.border()); });
}

}  // namespace

void post_memory(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kTextFields, kFields});
  const LookedAtText text = read_looked_at(api, fields);
  const int64_t length = static_cast<int64_t>(text.ids.size());
  const int64_t position = fields.integer("position", length);
  if (position > length) {
    throw ApiError(400, "position is after the end of the text", "position", "out_of_range");
  }
  const auto read = std::span<const int32_t>(text.ids).first(static_cast<size_t>(position));
  const std::vector<float> next = next_log_probabilities(*text.model, read);
  const int32_t target = fields.has("target")
                             ? one_character(*text.model, fields.text("target"), "target")
                         : position < length ? text.ids[static_cast<size_t>(position)]
                                             : likeliest(next, 1)[0];
  const std::vector<float> sizes = sensitivity_of(*text.model, read, target);
  reply_json(exchange, {{"text", text.text},
                        {"position", position},
                        {"target", text.model->vocabulary().text(target)},
                        {"log_probability", json_number(next[target])},
                        {"sensitivity", short_numbers(sizes)}});
}

void post_memory_average(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kTextFields, kAverageFields});
  const LookedAtText text = read_looked_at(api, fields);
  const auto length = static_cast<int64_t>(text.ids.size());
  if (length < 2) throw ApiError(400, "the text needs two characters", "text", "out_of_range");
  const int64_t distances = std::min(fields.integer("distances", 200), length - 1);
  // Evenly over the part that has as many characters before it as distances are wanted.
  const int64_t first = std::min(distances, length - 1), last = length - 1;
  const int64_t count = std::min(fields.integer("positions", 16), last - first + 1);
  std::vector<double> sum(distances, 0), logs(distances, 0);
  std::vector<int64_t> seen(distances, 0);
  Json positions = Json::array();
  for (int64_t i = 0; i < count; ++i) {
    const int64_t position = count == 1 ? last : first + i * (last - first) / (count - 1);
    if (exchange->gone()) return;
    positions.push_back(position);
    // What lies further back than the distances asked for still shapes the state, so all is read.
    const auto read = std::span<const int32_t>(text.ids).first(static_cast<size_t>(position));
    const std::vector<float> sizes = sensitivity_of(*text.model, read, text.ids[position]);
    for (int64_t d = 0; d < std::min(distances, position); ++d) {
      const double size = sizes[static_cast<size_t>(position - 1 - d)];
      sum[d] += size;
      logs[d] += std::log(size);
      ++seen[d];
    }
  }
  Json distance = Json::array(), mean = Json::array(), geometric = Json::array();
  for (int64_t d = 0; d < distances; ++d) {
    distance.push_back(d + 1);
    mean.push_back(json_number(sum[d] / static_cast<double>(seen[d])));
    geometric.push_back(json_number(std::exp(logs[d] / static_cast<double>(seen[d]))));
  }
  reply_json(exchange, {{"positions", std::move(positions)},
                        {"distance", std::move(distance)},
                        {"mean", std::move(mean)},
                        {"geometric_mean", std::move(geometric)},
                        {"count", seen}});
}

}  // namespace charrnn
