// Whatever works long asks whether its reply is still wanted.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "serve/testing/test_api.h"

namespace charrnn {
namespace {

// Its client leaves while the endpoint is at work: when it is asked for the third time.
class LeavingExchange : public FakeExchange {
 public:
  using FakeExchange::FakeExchange;
  bool gone() const override { return ++asked_ >= 3; }
  int asked() const { return asked_; }

 private:
  mutable int asked_ = 0;
};

struct Work {
  const char* method;
  const char* path;
  const char* fields;
};

constexpr Work kLongWork[] = {
    {"POST", "/charrnn/v1/surprise", ""},
    {"POST", "/charrnn/v1/activations", ""},
    {"POST", "/charrnn/v1/units/rank", ""},
    {"POST", "/charrnn/v1/units/search", R"(, "spans": [[0, 9]])"},
    {"POST", "/charrnn/v1/memory", ""},
    {"POST", "/charrnn/v1/memory/average", ""},
    {"POST", "/charrnn/v1/memory/matrix", ""},
    {"POST", "/charrnn/v1/memory/clocks", ""},
    {"POST", "/charrnn/v1/memory/transplant", R"(, "donor": "b")"},
    {"POST", "/charrnn/v1/tour", ""},
    {"GET", "/charrnn/v1/runs/run/metrics", ""},
    {"GET", "/charrnn/v1/runs/run/samples", ""},
    {"GET", "/charrnn/v1/runs/run/passage", ""},
};

// Of three parts of a trace; files of several pieces.
struct LongWork {
  LongWork() {
    std::filesystem::create_directory(test.folder.path("run"));
    for (const char* name : {"run/metrics.jsonl", "run/samples.jsonl"}) {
      std::ofstream(test.folder.path(name)) << std::string(2 << 20, '\n');
    }
  }

  Request request(const Work& work) const {
    const std::string text(1400, 'a');
    return TestApi::request_to(
        work.method, work.path,
        fmt::format(R"({{"model": "plain", "text": "{}"{}}})", text, work.fields));
  }

  TestApi test;
};

TEST(LongWork, EndsWhereTheClientLeaves) {
  LongWork at;
  for (const Work& work : kLongWork) {
    const auto exchange = std::make_shared<LeavingExchange>(at.request(work));
    at.test.ask(exchange);
    EXPECT_EQ(error_code(*exchange), "client_gone") << work.path;
    EXPECT_LE(exchange->asked(), 5) << work.path;
  }
}

TEST(LongWork, EndsWhereTheServerStops) {
  LongWork at;
  at.test.stopping = true;
  for (const Work& work : kLongWork) {
    const auto reply = at.test.ask(at.request(work));
    EXPECT_EQ(error_code(*reply), "stopping") << work.path;
    EXPECT_EQ(reply->head.status, 503) << work.path;
  }
}

TEST(LongWork, IsDoneWhereItIsWanted) {
  LongWork at;
  for (const Work& work : kLongWork) {
    EXPECT_EQ(at.test.ask(at.request(work))->head.status, 200) << work.path;
  }
}

}  // namespace
}  // namespace charrnn
