// Every endpoint, with its N-th allocation failing: the request fails alone, and the next one is
// answered.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <new>

#include "base/testing/failing_allocations.h"
#include "serve/api/answer.h"
#include "serve/connections/connection_exchange.h"
#include "serve/testing/test_api.h"

namespace charrnn {
namespace {

// An exchange whose bytes go nowhere.
struct Reply {
  explicit Reply(Request request)
      : outbox(std::make_shared<Outbox>(1 << 20, [] {})),
        exchange(std::make_shared<ConnectionExchange>(std::move(request), outbox, true, host)) {}

  // Whether it has come to its end, whole or broken.
  bool has_ended() {
    const Outbox::Part part = outbox->take();
    if (status.empty()) status = part.bytes.substr(0, 12);
    return part.last || part.broken;
  }

  ConnectionHost host;
  std::shared_ptr<Outbox> outbox;
  ExchangePtr exchange;
  std::string status;  // as in "HTTP/1.1 200"
};

struct Endpoint {
  const char* method;
  const char* path;
  const char* body;
};

constexpr Endpoint kEndpoints[] = {
    {"GET", "/v1/models", ""},
    {"GET", "/v1/models/plain", ""},
    {"POST", "/v1/completions",
     R"({"model": "plain", "prompt": ["a b", "c"], "max_tokens": 9, "n": 2, "logprobs": 2})"},
    {"POST", "/v1/completions",
     R"({"model": "plain", "max_tokens": 9, "stream": true, "logit_bias": {"1": -5}})"},
    {"GET", "/props", ""},
    {"POST", "/completion",
     R"({"model": "plain", "prompt": "a", "n_predict": 9, "n_probs": 2, "stop": ["zz"]})"},
    {"POST", "/tokenize", R"({"model": "plain", "content": "a b", "with_pieces": true})"},
    {"POST", "/detokenize", R"({"model": "plain", "tokens": [1, 2]})"},
    {"GET", "/charrnn/v1/runs", ""},
    {"GET", "/charrnn/v1/runs/plain", ""},
    {"GET", "/charrnn/v1/runs/run/metrics", ""},
    {"GET", "/charrnn/v1/runs/run/samples", ""},
    {"GET", "/charrnn/v1/runs/run/passage", ""},
    {"GET", "/charrnn/v1/runs/run/config", ""},
    {"POST", "/charrnn/v1/generate",
     R"({"model": "plain", "max_characters": 9, "holds": [{"layer": 0, "unit": 1, "value": 0.5}]})"},
    {"POST", "/charrnn/v1/surprise", R"({"model": "plain", "text": "ab c"})"},
    {"POST", "/charrnn/v1/activations",
     R"({"model": "plain", "text": "ab c", "values": ["hidden", "gates"]})"},
    {"POST", "/charrnn/v1/units/rank", R"({"model": "plain", "text": "ab c"})"},
    {"POST", "/charrnn/v1/units/search",
     R"({"model": "plain", "text": "ab c", "spans": [[1, 2]]})"},
    {"POST", "/charrnn/v1/memory", R"({"model": "plain", "text": "ab c"})"},
    {"POST", "/charrnn/v1/memory/average", R"({"model": "plain", "text": "ab c"})"},
    {"POST", "/charrnn/v1/memory/matrix", R"({"model": "plain", "text": "ab c"})"},
    {"POST", "/charrnn/v1/memory/clocks", R"({"model": "plain", "text": "ab"})"},
    {"POST", "/charrnn/v1/memory/transplant",
     R"({"model": "plain", "text": "ab c", "donor": "ba", "units": [{"layer": 0, "unit": 1}]})"},
    {"POST", "/charrnn/v1/tour", R"({"model": "plain", "text": "ab c"})"},
};

class OutOfMemory : public testing::TestWithParam<int64_t> {
 public:
  OutOfMemory() {
    std::filesystem::create_directory(test_.folder.path("run"));
    for (const char* name : {"metrics.jsonl", "samples.jsonl", "config.toml"}) {
      std::ofstream(test_.folder.path("run/") + name) << "{\"step\": 1, \"text\": \"a\"}\n";
    }
    test_.registry.get("plain");
  }
  ~OutOfMemory() override { stop_failing_allocations(); }

 protected:
  // With this many allocations before one fails, and as many failing as the test's parameter.
  // Returns whether any failed.
  bool fails_alone(const Endpoint& endpoint, int64_t succeeding) {
    Reply reply(TestApi::request_to(endpoint.method, endpoint.path, endpoint.body));
    const RouteMatch match = find_route(api_routes(), reply.exchange->request());
    const std::function<void()> work = [&] {
      match.route->endpoint(test_.api, reply.exchange, match.segment);
    };
    const std::function<void(const std::string&)> log = [](const std::string&) {};
    fail_allocations(succeeding, GetParam());
    answer(reply.exchange, work, log);
    reply.exchange.reset();
    const bool ended = wait_for_end(reply);
    const bool failed = stop_failing_allocations();
    EXPECT_TRUE(ended) << endpoint.path << ", " << succeeding;
    if (!failed) {
      EXPECT_EQ(reply.status, "HTTP/1.1 200") << endpoint.path;
    }
    return failed;
  }

  void expect_it_works(const Endpoint& endpoint) {
    Reply reply(TestApi::request_to(endpoint.method, endpoint.path, endpoint.body));
    test_.ask(reply.exchange);
    reply.exchange.reset();
    EXPECT_TRUE(wait_for_end(reply)) << endpoint.path;
    EXPECT_EQ(reply.status, "HTTP/1.1 200") << endpoint.path;
  }

 private:
  static bool wait_for_end(Reply& reply) {
    for (int i = 0; i < 20'000; ++i) {
      try {
        if (reply.has_ended()) return true;
      } catch (const std::bad_alloc&) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  TestApi test_;
};

TEST_P(OutOfMemory, FailsTheRequestAlone) {
  for (const Endpoint& endpoint : kEndpoints) {
    expect_it_works(endpoint);
    int64_t count = 0;
    while (fails_alone(endpoint, count)) count += 1 + count / 100;
    EXPECT_GT(count, 5) << endpoint.path << " allocates";
    expect_it_works(endpoint);
  }
}

INSTANTIATE_TEST_SUITE_P(, OutOfMemory, testing::Values(1, 30),
                         [](const auto& parameter) { return fmt::format("{}", parameter.param); });

}  // namespace
}  // namespace charrnn
