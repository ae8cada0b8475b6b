// For tests: the endpoints over a folder of one or more small models, asked without HTTP.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "generate/generator.h"
#include "model/testing/random_model.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints.h"
#include "serve/api/router.h"
#include "serve/http/api_error.h"
#include "serve/testing/fake_exchange.h"

namespace charrnn {

// An exchange whose end, on whatever thread it comes, can be waited for. What it recorded may be
// read after that.
class AwaitedExchange : public FakeExchange {
 public:
  using FakeExchange::FakeExchange;

  void respond(Response response) override {
    const std::lock_guard lock(mutex_);
    FakeExchange::respond(std::move(response));
    change_.notify_all();
  }
  void end() override {
    const std::lock_guard lock(mutex_);
    FakeExchange::end();
    change_.notify_all();
  }
  bool await() {
    std::unique_lock lock(mutex_);
    return change_.wait_for(lock, std::chrono::seconds(60), [this] { return ended; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable change_;
};

inline Model small_model(uint32_t seed = 1, CellKind cell = CellKind::kLstm) {
  const std::u32string symbols = U"\n \"().1AEabcdeghnorst😀é";
  Model model = random_model({.cell = cell,
                              .layers = 2,
                              .hidden_size = 12,
                              .embedding_size = 6,
                              .vocabulary_size = static_cast<int>(symbols.size())},
                             seed);
  model.vocabulary = Vocabulary({symbols.begin(), symbols.end()}, Encoding::kUtf8, false);
  return model;
}

inline EngineOptions one_thread() {
  EngineOptions options;
  options.device = Device::kCpu;
  options.threads = 1;
  return options;
}

// What a generator of its own makes of the request.
struct AloneText {
  std::string text;
  std::vector<ScoredCharacter> characters;
  FinishReason finish = FinishReason::kNone;
  std::string stop;
};

inline AloneText generated_alone(const Model& model, const TextRequest& request,
                                 const std::vector<Hold>& holds = {}) {
  const auto network = make_network(model.config(), one_thread());
  network->load_weights(model.weights);
  Generator generator(*network, model.vocabulary, 1, holds);
  generator.forget_before(model.border());
  AloneText alone;
  generator.add(request, [&alone](const TextPiece& piece) {
    alone.text += piece.text;
    alone.characters.insert(alone.characters.end(), piece.characters.begin(),
                            piece.characters.end());
    alone.finish = piece.finish;
    alone.stop = piece.stop;
  });
  while (generator.step()) {
  }
  return alone;
}

struct ServingOptions {
  int parallel = 64;
  int queue = 64;
  Model model = small_model();
};

class Serving {
 public:
  explicit Serving(ServingOptions options = {})
      : model(std::move(options.model)),
        run_folder(folder_with(model, folder_)),
        registry({folder_.path(), {}, 4, one_thread()}),
        generation(options.parallel, options.queue),
        workers_(2, 1024),
        api{registry,
            generation,
            events,
            workers_,
            metrics_,
            options.parallel,
            [this](const ExchangePtr&, std::function<void()> work) {
              return workers_.submit(std::move(work));
            }} {}
  ~Serving() {
    generation.stop();
    workers_.finish();
  }

  struct Answer {
    int status = 0;
    std::string type;
    std::string body;

    JsonValue json() const { return parse_json(body); }
    // Of an error: "status param code".
    std::string error() const {
      const JsonValue value = json();
      const JsonValue& why = value.at("error");
      const auto text = [&why](const char* key) {
        return why.at(key).is_null() ? std::string("-") : why.at(key).text();
      };
      return std::to_string(status) + " " + text("param") + " " + text("code");
    }
    std::string message() const { return json().at("error").at("message").text(); }
    // The data of server-sent events, or the lines of another stream.
    std::vector<std::string> parts() const {
      std::vector<std::string> parts;
      std::string_view rest = body;
      while (!rest.empty()) {
        const size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.starts_with("data: ")) line.remove_prefix(6);
        if (!line.empty()) parts.emplace_back(line);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      return parts;
    }
  };

  // Starts a request, as the server would hand it to its endpoint.
  std::shared_ptr<AwaitedExchange> begin(const std::string& method, const std::string& target,
                                         const std::string& body = {},
                                         const std::vector<Header>& headers = {}) {
    Request request;
    request.method = method;
    request.headers = headers;
    request.body = body;
    EXPECT_TRUE(parse_target(target, request)) << target;
    const auto exchange = std::make_shared<AwaitedExchange>(std::move(request));
    const RouteMatch match = find_route(api_routes(), exchange->request());
    if (!match.route) {
      exchange->respond(
          error_response(ApiError(404, nothing_there(exchange->request()), "", "not_found")));
      return exchange;
    }
    answer(
        exchange, [&] { match.route->endpoint(api, exchange, match.segment); },
        [](const std::string&) {});
    return exchange;
  }

  static Answer answer_of(const std::shared_ptr<AwaitedExchange>& exchange) {
    if (!exchange->await()) {
      ADD_FAILURE() << "no answer to " << exchange->request().target;
      return {};
    }
    return {exchange->head.status, exchange->head.type, exchange->body};
  }

  Answer get(const std::string& target) { return answer_of(begin("GET", target)); }
  Answer post(const std::string& target, const std::string& body) {
    return answer_of(begin("POST", target, body));
  }

 private:
  static std::string folder_with(const Model& model, const TemporaryFolder& folder) {
    const std::string run = folder.path("small");
    std::filesystem::create_directory(run);
    write_model(run + "/model.safetensors", model);
    return run;
  }

  TemporaryFolder folder_;

 public:
  const Model model;             // of the run "small"
  const std::string run_folder;  // where its files lie
  ModelRegistry registry;
  EventLog events;
  GenerationScheduler generation;

 private:
  WorkerPool workers_;
  MetricsCache metrics_;

 public:
  Api api;
};

}  // namespace charrnn
