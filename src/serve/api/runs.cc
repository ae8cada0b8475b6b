// The endpoints of runs: list, facts, metrics, samples, events.
#include <algorithm>
#include <charconv>

#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "serve/models/limits.h"
#include "serve/models/metrics_log.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxPassage = 16 << 10;  // bytes
constexpr size_t kMaxEmptySamples = 100;   // passed over in search of a text

int64_t query_integer(const Request& request, std::string_view name, int64_t absent, int64_t min,
                      int64_t max) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return absent;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw ApiError(400, std::string(name) + " must be an integer", std::string(name), "wrong_type");
  }
  check_field(JsonValue(value), {name, FieldKind::kInteger, double(min), double(max)},
              std::string(name));
  return value;
}

RunLocation folder_of(Api& api, const std::string& id) {
  RunLocation location = api.registry.location(id);
  if (!location.has_folder()) {
    throw ApiError(404, "this is a single model, not a run", "run", "not_a_run");
  }
  return location;
}

Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(json_number(value));
  return array;
}

Json metrics_json(const std::string& id, const MetricsLog& log, size_t points) {
  Json series = Json::object();
  for (const auto& [name, column] : log.series()) {
    const Series thinned = downsample(column, points);
    Json steps = Json::array();
    for (const double step : thinned.step) steps.push_back(step);
    series[name] = {{"step", std::move(steps)}, {"value", numbers(thinned.value)}};
  }
  return {{"id", id},           {"lines", log.lines()},        {"skipped", log.skipped()},
          {"last", log.last()}, {"series", std::move(series)}, {"notes", log.notes()}};
}

}  // namespace

void get_runs(Api& api, const ExchangePtr& exchange) {
  reply_json(exchange, api.registry.runs_json());
}

void get_run(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const ServedModelPtr model = api.registry.get(id);
  Json json = api.registry.run_json(api.registry.location(id));
  json.update(model->facts());
  reply_json(exchange, json);
}

void get_run_metrics(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const int64_t points = query_integer(exchange->request(), "points", 2000, 16, 5000);
  const RunLocation location = folder_of(api, id);
  const auto reply = [&](const MetricsLog& log) {
    return metrics_json(id, log, static_cast<size_t>(points));
  };
  reply_json(exchange,
             api.metrics.with_log(location.metrics(), while_wanted(api, exchange), reply));
}

void get_run_samples(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const auto limit = static_cast<size_t>(query_integer(exchange->request(), "limit", 200, 1, 1000));
  const RunLocation location = folder_of(api, id);
  const std::vector<int64_t> all = find_samples(location.samples(), while_wanted(api, exchange));
  Response response;
  response.body = "{\"samples\":[";
  const size_t count = std::min(limit, all.size());
  for (size_t i = 0; i < count; ++i) {  // evenly, the last one always
    check_wanted(api, exchange);
    const size_t last = all.size() - 1;
    const size_t chosen = count == 1 ? last : i * last / (count - 1);
    const JsonValue sample = parse_line(read_line_at(location.samples(), all[chosen]));
    if (sample.is_null()) continue;  // the file was replaced
    if (response.body.back() != '[') response.body += ",";
    response.body += dump_json(Json(sample));
  }
  response.body += "]}";
  exchange->respond(std::move(response));
}

// The held-out passage that the trainer keeps beside the model, else the run's latest sample.
void get_run_passage(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const RunLocation location = folder_of(api, id);
  const std::string held_out = read_small_file(location.passage(), kMaxPassage);
  if (!held_out.empty()) {
    return reply_json(exchange, {{"text", held_out}, {"source", "held_out"}});
  }
  std::string last;
  const std::vector<int64_t> samples =
      find_samples(location.samples(), while_wanted(api, exchange));
  for (size_t i = 0; i < std::min(samples.size(), kMaxEmptySamples) && last.empty(); ++i) {
    const int64_t offset = samples[samples.size() - 1 - i];
    const JsonValue sample = parse_line(read_line_at(location.samples(), offset));
    const JsonValue* text = sample.is_object() ? sample.find("text") : nullptr;
    if (text != nullptr && text->is_string()) last = text->get<std::string>();
  }
  if (last.empty()) return reply_json(exchange, {{"text", nullptr}, {"source", nullptr}});
  reply_json(exchange, {{"text", last}, {"source", "sample"}});
}

void get_run_config(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const RunLocation location = folder_of(api, id);
  if (!file_version(location.config()).exists()) {
    throw ApiError(404, "this run has no config.toml", "run", "no_config");
  }
  Response response;
  response.type = "text/plain; charset=utf-8";
  response.body = read_small_file(location.config(), kMaxConfig);
  exchange->respond(std::move(response));
}

void get_events(Api& api, const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  if (request.method == "HEAD") {
    Response response;
    response.type = "text/event-stream";
    return exchange->respond(std::move(response));
  }
  const std::string run(request.query_value("run"));
  if (!run.empty()) api.registry.location(run);  // 404 where there is none
  api.events.subscribe(exchange, run, request.header("last-event-id"),
                       [&api] { return api.registry.runs_json(); });
}

}  // namespace charrnn
