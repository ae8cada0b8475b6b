#include "serve/api/reply_size.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "serve/http/api_error.h"
#include "serve/models/limits.h"
#include "serve/testing/test_api.h"

namespace charrnn {
namespace {

TEST(ReplySize, IsHeldToItsLimit) {
  ReplySize size;
  size.add(ReplyPart::kByte, {kMaxReplyBytes / 4, 2, 2});
  EXPECT_EQ(size.bytes(), kMaxReplyBytes);
  EXPECT_NO_THROW(size.check("n", ""));
  size.add(ReplyPart::kByte, {1});
  try {
    size.check("n", "ask for less");
    FAIL() << "the reply is above the limit";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.param, "n");
    EXPECT_STREQ(error.what(),
                 "this reply would take 268 MB of memory, and 268 MB is the limit; ask for less");
  }
}

TEST(ReplySize, DoesNotOverflow) {
  ReplySize size;
  size.add(ReplyPart::kScored, {INT64_MAX, INT64_MAX, INT64_MAX});
  EXPECT_THROW(size.check("n", ""), ApiError);
}

// What asks for more than a reply may hold, each just above a limit.
TEST(ReplySize, IsKnownBeforeAnyWork) {
  TestApi wide(2048, 1);
  const std::string text(16384, 'a');
  for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/completions",
            R"({"model": "plain", "n": 16, "max_tokens": 262000, "logprobs": 0})"},
           {"/v1/completions", R"({"model": "plain", "max_tokens": 100000, "logprobs": 100})"},
           {"/completion", R"({"model": "plain", "n_predict": 100000, "n_probs": 10})"},
           {"/charrnn/v1/activations",
            fmt::format(
                R"({{"model": "plain", "values": ["gates"], "type": "float32", "text": "{}"}})",
                text)},
           {"/charrnn/v1/memory", fmt::format(R"({{"model": "plain", "text": "{}"}})", text)},
           {"/charrnn/v1/memory/average",
            fmt::format(R"({{"model": "plain", "text": "{}"}})", text)},
       }) {
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = wide.post(path, body);
    EXPECT_EQ(reply->head.status, 400) << path;
    EXPECT_EQ(error_code(*reply), "too_much") << path << reply->body;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << path;
  }
}

TEST(ReplySize, OfSamplesIsThatOfTheFilesEnd) {
  TestApi test;
  std::filesystem::create_directory(test.folder.path("run"));
  std::ofstream samples(test.folder.path("run/samples.jsonl"));
  std::ofstream metrics(test.folder.path("run/metrics.jsonl"));
  metrics.close();
  const std::string text(1'000'000, 'a');
  for (int i = 0; i < 66; ++i) samples << "{\"text\":\"" << text << "\"}\n";
  samples.close();
  EXPECT_EQ(test.get("/charrnn/v1/runs/run/samples?limit=2")->head.status, 200);
  const auto reply = test.get("/charrnn/v1/runs/run/samples?limit=1000");
  EXPECT_EQ(reply->head.status, 200) << "its last 64 MiB";
  EXPECT_LT(reply->body.size(), 65u << 20);
}

TEST(ReplySize, OfAStreamHasNoLimit) {
  TestApi api;
  const auto exchange = std::make_shared<FakeExchange>(TestApi::request_to(
      "POST", "/v1/completions",
      R"({"model": "plain", "n": 8, "max_tokens": 1000000, "logprobs": 100, "stream": true})"));
  api.ask(exchange);
  exchange->disconnect();
  EXPECT_FALSE(exchange->ended) << exchange->body;
}

TEST(Duplicates, AreRefused) {
  TestApi api;
  for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
           {"/charrnn/v1/activations", R"({"model": "plain", "text": "a", "layers": [0, 1, 0]})"},
           {"/charrnn/v1/activations",
            R"({"model": "plain", "text": "a", "values": ["gates", "gates"]})"},
           {"/charrnn/v1/generate",
            R"({"model": "plain", "holds": [{"layer": 0, "unit": 1, "value": 0},
                                            {"layer": 0, "unit": 1, "value": 1}]})"},
       }) {
    const auto reply = api.post(path, body);
    EXPECT_EQ(error_code(*reply), "duplicate") << path << reply->body;
  }
}

}  // namespace
}  // namespace charrnn
