#include "serve/api/router.h"

#include <fmt/core.h>

#include <algorithm>

#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"

namespace charrnn {
namespace {

// Whether the pattern matches; stores the segment matched by "{}".
bool fits(std::string_view pattern, const std::vector<std::string>& path, std::string& segment) {
  pattern.remove_prefix(1);
  for (size_t i = 0; i < path.size(); ++i) {
    const size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    if (part == "{}" && !path[i].empty()) {
      segment = path[i];
    } else if (part != path[i]) {
      return false;
    }
    const bool last = i + 1 == path.size();
    if (end == pattern.size()) return last;
    pattern.remove_prefix(end + 1);
  }
  return false;
}

using Plain = void (*)(Api&, const ExchangePtr&);

auto plain(Plain endpoint) {
  return [endpoint](Api& api, const ExchangePtr& exchange, const std::string&) {
    endpoint(api, exchange);
  };
}

}  // namespace

bool is_wanted(const Api& api, const ExchangePtr& exchange) {
  return !exchange->gone() && (api.stopping == nullptr || !*api.stopping);
}

void check_wanted(const Api& api, const ExchangePtr& exchange) {
  if (is_wanted(api, exchange)) return;
  if (exchange->gone()) throw unavailable("the client has left", "client_gone");
  throw unavailable("the server is stopping", "stopping", 5);
}

std::function<void()> while_wanted(const Api& api, const ExchangePtr& exchange) {
  return [&api, &exchange] { check_wanted(api, exchange); };
}

RouteMatch find_route(std::span<const Route> routes, const Request& request) {
  RouteMatch match;
  const std::string_view sent = request.method;
  const std::string_view method = sent == "HEAD" ? "GET" : sent;
  for (const Route& route : routes) {
    std::string segment;
    if (!fits(route.path, request.path, segment)) continue;
    if (route.method == method) {
      match.route = &route;
      match.segment = std::move(segment);
      return match;
    }
    match.allowed.push_back(route.method);
  }
  return match;
}

std::span<const Route> api_routes() {
  static const std::vector<Route> routes = {
      {"GET", "/v1/models", Pool::kLight, plain(get_models)},
      {"GET", "/models", Pool::kLight, plain(get_models)},
      {"GET", "/v1/models/{}", Pool::kLight, get_model},
      {"POST", "/v1/completions", Pool::kLight, plain(post_completions)},
      {"POST", "/completions", Pool::kLight, plain(post_completions)},
      {"GET", "/props", Pool::kLight, plain(get_props)},
      {"POST", "/completion", Pool::kLight, plain(post_completion)},
      {"POST", "/tokenize", Pool::kLight, plain(post_tokenize)},
      {"POST", "/detokenize", Pool::kLight, plain(post_detokenize)},
      {"GET", "/charrnn/v1/runs", Pool::kLight, plain(get_runs)},
      {"GET", "/charrnn/v1/runs/{}", Pool::kLight, get_run},
      {"GET", "/charrnn/v1/runs/{}/metrics", Pool::kFiles, get_run_metrics},
      {"GET", "/charrnn/v1/runs/{}/samples", Pool::kFiles, get_run_samples},
      {"GET", "/charrnn/v1/runs/{}/passage", Pool::kFiles, get_run_passage},
      {"GET", "/charrnn/v1/runs/{}/config", Pool::kLight, get_run_config},
      {"POST", "/charrnn/v1/runs/{}/delete", Pool::kFiles, post_run_delete},
      {"POST", "/charrnn/v1/trash/{}/restore", Pool::kFiles, post_trash_restore},
      {"GET", kTrainingsPath, Pool::kFiles, plain(get_trainings)},
      {"POST", kTrainingsPath, Pool::kFiles, plain(post_trainings)},
      {"GET", "/charrnn/v1/trainings/settings", Pool::kLight, plain(get_training_settings)},
      {"POST", "/charrnn/v1/trainings/plan", Pool::kFiles, plain(post_training_plan)},
      {"POST", "/charrnn/v1/trainings/{}/stop", Pool::kFiles, post_training_stop},
      {"POST", "/charrnn/v1/trainings/{}/resume", Pool::kFiles, post_training_resume},
      {"GET", "/charrnn/v1/events", Pool::kLight, plain(get_events)},
      {"POST", "/charrnn/v1/generate", Pool::kLight, plain(post_generate)},
      {"POST", "/charrnn/v1/surprise", Pool::kHeavy, plain(post_surprisal)},
      {"POST", "/charrnn/v1/ngram", Pool::kHeavy, plain(post_ngram)},
      {"POST", "/charrnn/v1/activations", Pool::kHeavy, plain(post_activations)},
      {"POST", "/charrnn/v1/units/rank", Pool::kHeavy, plain(post_units_rank)},
      {"POST", "/charrnn/v1/units/search", Pool::kHeavy, plain(post_units_search)},
      {"POST", "/charrnn/v1/memory", Pool::kHeavy, plain(post_saliency)},
      {"POST", "/charrnn/v1/memory/average", Pool::kHeavy, plain(post_average_saliency)},
      {"POST", "/charrnn/v1/memory/matrix", Pool::kHeavy, plain(post_saliency_matrix)},
      {"POST", "/charrnn/v1/memory/clocks", Pool::kHeavy, plain(post_memory_clocks)},
      {"POST", "/charrnn/v1/memory/transplant", Pool::kHeavy, plain(post_transplant)},
      {"POST", "/charrnn/v1/tour", Pool::kHeavy, plain(post_tour)},
  };
  return routes;
}

std::string nothing_there(const Request& request) {
  struct Missing {
    std::string_view end;  // of the path
    std::string_view why;
  };
  static constexpr Missing kMissing[] = {
      {"chat/completions", "the models here continue a text and know no messages"},
      {"responses", "the models here continue a text and know no messages"},
      {"messages", "the models here continue a text and know no messages"},
      {"embeddings", "there are no embeddings of texts"},
      {"embedding", "there are no embeddings of texts"},
      {"infill", "the models here read forwards only and fill no gaps"},
      {"edits", "the models here continue a text and follow no instructions"},
  };
  std::string path;
  for (const std::string& segment : request.path) path += "/" + segment;
  std::string_view why = "there is nothing at this path";
  for (const Missing& missing : kMissing) {
    if (path == fmt::format("/{}", missing.end) || path == fmt::format("/v1/{}", missing.end)) {
      why = missing.why;
    }
  }
  return fmt::format(
      "{}; this server has POST /v1/completions, GET /v1/models, llama.cpp's POST /completion, "
      "/tokenize and /detokenize, and its own under /charrnn/v1/",
      why);
}

}  // namespace charrnn
