// For tests: the endpoints over two model files, asked on the thread of the test, which can stop
// them and fail their allocations. serving.h has them with workers, over a run.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "base/testing/temporary_folder.h"
#include "model/testing/random_model.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints.h"
#include "serve/api/router.h"
#include "serve/testing/fake_exchange.h"

namespace charrnn {

// The model files "plain" and "lines" (of separate documents), whose vocabulary is a line feed, a
// space and the letters.
struct ModelFolder : TemporaryFolder {
  ModelFolder(int hidden_size, int layers) {
    Model model = random_model({CellKind::kLstm, layers, hidden_size, 4, 28, false});
    std::vector<char32_t> symbols{'\n', ' '};
    for (char32_t letter = 'a'; letter <= 'z'; ++letter) symbols.push_back(letter);
    model.vocabulary = Vocabulary(symbols, Encoding::kUtf8, false);
    write_model(path("plain.safetensors"), model);
    model.facts["documents"] = "lines";
    write_model(path("lines.safetensors"), model);
  }
};

class TestApi {
 public:
  explicit TestApi(int hidden_size = 6, int layers = 2) : folder(hidden_size, layers) {}

  // Answers as the server does, on this thread, and waits for texts that others write.
  std::shared_ptr<FakeExchange> ask(Request request) {
    const auto exchange = std::make_shared<FakeExchange>(std::move(request));
    ask(exchange);
    for (int i = 0; i < 60'000 && !exchange->ended; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return exchange;
  }

  void ask(const ExchangePtr& exchange) {
    const RouteMatch match = find_route(api_routes(), exchange->request());
    check(match.route != nullptr, "a test asks for what there is");
    answer(
        exchange, [&] { match.route->endpoint(api, exchange, match.segment); }, log);
  }

  std::shared_ptr<FakeExchange> post(std::string_view path, std::string body) {
    return ask(request_to("POST", path, std::move(body)));
  }
  std::shared_ptr<FakeExchange> get(std::string_view path) {
    return ask(request_to("GET", path, ""));
  }

  static Request request_to(std::string method, std::string_view path, std::string body) {
    Request request;
    request.method = std::move(method);
    request.body = std::move(body);
    check(parse_target(path, request), "a test asks for a path");
    return request;
  }

  std::function<void(const std::string&)> log = [](const std::string&) {};
  ModelFolder folder;
  std::atomic<bool> stopping = false;
  ModelRegistry registry{{folder.path(), {}, 4, {}}};
  EventLog events;
  MetricsCache metrics;
  WorkerPool workers{1, 64};
  GenerationScheduler generation{8, 8};
  Api api{registry,
          generation,
          events,
          workers,
          metrics,
          8,
          [](const ExchangePtr&, std::function<void()> work) {
            work();
            return true;
          },
          &stopping};
};

// The "code" of a reply's error; empty where it is none.
inline std::string error_code(const FakeExchange& exchange) {
  const JsonValue json = parse_json_object(exchange.body);
  const JsonValue* error = json.find("error");
  return error == nullptr ? "" : error->at("code").get<std::string>();
}

}  // namespace charrnn
