#include "serve/server.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints.h"
#include "serve/api/router.h"
#include "serve/http/access.h"
#include "serve/models/watcher.h"
#include "serve/page.h"
#include "serve/prometheus.h"

namespace charrnn {
namespace {

constexpr int kLightThreads = 3;
constexpr int kFilesThreads = 2;
constexpr int kHeavyThreads = 2;
constexpr double kEndingTime = 0.5;  // seconds that stopping and the last writes may take
constexpr size_t kWorkQueue = 256;   // requests that wait for a worker

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

AccessRules access_rules(const ServerOptions& options) {
  AccessRules rules;
  rules.loopback = is_loopback_address(options.http.host);
  for (const auto& host : options.allowed_hosts) rules.allowed_hosts.push_back(parse_host(host));
  for (const auto& origin : options.allowed_origins) {
    rules.allowed_origins.push_back(parse_origin(origin));
  }
  rules.own_name = machine_name();
  rules.api_key = options.api_key;
  if (!rules.loopback && rules.api_key.empty() && !options.insecure_no_auth) {
    throw Error(ErrorKind::kServer, "key_needed",
                fmt::format("cannot listen: others could reach this server without a key ({})",
                            options.http.host),
                "give a key with --api-key-file FILE, or say --insecure-no-auth");
  }
  return rules;
}

Response not_allowed(const std::vector<std::string_view>& methods) {
  std::string allow;
  for (const std::string_view method : methods) {
    allow += fmt::format("{}{}", allow.empty() ? "" : ", ", method);
    if (method == "GET") allow += ", HEAD";
  }
  Response response =
      error_response(ApiError(405, "the path does not know this method", "", "bad_method"));
  response.headers.emplace_back("Allow", allow + ", OPTIONS");
  return response;
}

}  // namespace

// A text within a request: JSON may write a character in twice as many bytes, or more if it is one
// that hardly any text has. Two are let in at once, however long they may be.
HttpLimits limits_with_texts(HttpLimits limits, const TrainingRules& training) {
  if (!training.why_not.empty()) return limits;
  limits.large_path = kTrainingsPath;
  limits.large_body = std::max(limits.body, 2 * training.max_text + (64 << 10));
  limits.bodies = std::max(limits.bodies, 2 * int64_t{limits.large_body});
  return limits;
}

bool is_loopback_address(const std::string& host) {
  return is_loopback_name(host) || host == "localhost";
}

struct Server::Impl {
  explicit Impl(ServerOptions the_options)
      : options(std::move(the_options)),
        rules(access_rules(options)),
        registry({options.path, std::move(options.built_in), options.max_models, options.engine}),
        trainings(options.training),
        http(
            {options.http.host, options.http.port,
             limits_with_texts(options.http.limits, options.training)},
            [this](const Request& request) { return refusal(request); },
            [this](ExchangePtr exchange) { handle(std::move(exchange)); },
            [this](const Request& request) { return cross_origin_headers(request, rules); }) {}

  std::optional<Response> refusal(const Request& request) const {
    try {
      check_access(request, rules);
      return std::nullopt;
    } catch (const ApiError& error) {
      return error_response(error);
    }
  }

  void handle(ExchangePtr exchange) {
    answer(
        exchange, [&] { dispatch(exchange); }, options.log);
  }

  void dispatch(const ExchangePtr& exchange) {
    const Request& request = exchange->request();
    const bool is_read = request.method == "GET" || request.method == "HEAD";
    if (request.method == "OPTIONS") return answer_options(exchange);
    if (is_read && small(exchange)) return;
    if (is_read && serve_page(exchange)) return;
    const RouteMatch match = find_route(api_routes(), request);
    if (!match.route) {
      if (!match.allowed.empty()) return exchange->respond(not_allowed(match.allowed));
      if (!is_read && is_read_only(request)) return exchange->respond(not_allowed({"GET"}));
      throw ApiError(404, nothing_there(request), "", "not_found");
    }
    const bool taken = submit(match.route->pool, exchange, [this, exchange, match] {
      match.route->endpoint(api, exchange, match.segment);
    });
    if (!taken) throw unavailable("too many requests wait; try again", "queue_full");
  }

  bool submit(Pool pool, const ExchangePtr& exchange, std::function<void()> work) {
    const auto unless_stopping = [this, exchange, work = std::move(work)] {
      check_wanted(api, exchange);
      work();
    };
    return pool_of(pool).submit(
        [this, exchange, unless_stopping] { answer(exchange, unless_stopping, options.log); });
  }

  WorkerPool& pool_of(Pool pool) {
    return pool == Pool::kHeavy ? heavy : pool == Pool::kFiles ? files : light;
  }

  static void answer_options(const ExchangePtr& exchange) {
    Response response;
    response.status = 204;
    response.headers.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
    exchange->respond(std::move(response));
  }

  static bool is_health(const Request& request) {
    return request.path == std::vector<std::string>{"health"} ||
           request.path == std::vector<std::string>{"v1", "health"};
  }

  static bool is_metrics(const Request& request) {
    return request.path == std::vector<std::string>{"metrics"};
  }

  static bool is_read_only(const Request& request) {
    return is_health(request) || is_metrics(request) ||
           request.path == std::vector<std::string>{""};
  }

  // Answers what is served on the I/O thread; true if it did.
  bool small(const ExchangePtr& exchange) {
    const Request& request = exchange->request();
    Response response;
    if (is_health(request)) {
      response.body = "{\"status\":\"ok\"}";
    } else if (is_metrics(request)) {
      response.type = "text/plain; version=0.0.4; charset=utf-8";
      response.body = prometheus_text(http.counts(), generation.counts(), events.listeners());
    } else {
      return false;
    }
    exchange->respond(std::move(response));
    return true;
  }

  void stop(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
    const double working = std::max(0.0, seconds - kEndingTime);
    const auto end = Clock::now() + std::chrono::duration<double>(working);
    http.drain();
    watcher.reset();
    events.shut_down();
    const auto idle = [this] { return generation.idle() && files.idle() && heavy.idle(); };
    while (!idle() && Clock::now() < end) pause();
    stopping = true;  // what still runs ends within a moment, what waits is told
    generation.stop();
    light.finish();  // replies of texts that have just ended are among its tasks
    files.finish();
    heavy.finish();
    // Gives the last writes time to be sent.
    const auto flushed = Clock::now() + std::chrono::milliseconds(300);
    while (http.counts().connections > 0 && Clock::now() < flushed) pause();
    http.stop();
  }

  ServerOptions options;
  const AccessRules rules;
  ModelRegistry registry;
  EventLog events;
  MetricsCache metrics;
  Trainings trainings;
  std::atomic<bool> stopping = false;
  GenerationScheduler generation{options.parallel, options.queue, options.niceness};
  WorkerPool light{kLightThreads, kWorkQueue};
  WorkerPool files{kFilesThreads, kWorkQueue, options.niceness};
  WorkerPool heavy{kHeavyThreads, kWorkQueue, options.niceness};
  Api api{registry,
          generation,
          events,
          light,
          metrics,
          options.parallel,
          [this](const ExchangePtr& exchange, std::function<void()> work) {
            return submit(Pool::kHeavy, exchange, std::move(work));
          },
          &stopping,
          &trainings};
  HttpServer http;
  std::unique_ptr<Watcher> watcher;
};

void check_access_options(const ServerOptions& options) { access_rules(options); }

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() { stop(0); }

int Server::port() const { return impl_->http.port(); }

size_t Server::listeners() const { return impl_->events.listeners(); }

void Server::start() {
  impl_->watcher = std::make_unique<Watcher>(impl_->registry, impl_->events, impl_->options.log);
  impl_->http.start();
}

void Server::stop(double seconds) { impl_->stop(seconds); }

}  // namespace charrnn
