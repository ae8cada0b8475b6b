#include "serve/http/event_log.h"

#include <gtest/gtest.h>

#include "serve/testing/fake_exchange.h"

namespace charrnn {
namespace {

const auto kSnapshot = [] { return Json{{"is", "snapshot"}}; };

// The id of the last event in a stream.
std::string last_id(const std::string& stream) {
  const size_t begin = stream.rfind("id: ") + 4;
  return stream.substr(begin, stream.find('\n', begin) - begin);
}

TEST(EventLog, SendsASnapshotAndThenWhatConcernsTheRun) {
  EventLog log;
  const auto all = std::make_shared<FakeExchange>(), one = std::make_shared<FakeExchange>();
  log.subscribe(all, "", "", kSnapshot);
  log.subscribe(one, "a", "", kSnapshot);
  EXPECT_EQ(log.listeners(), 2u);
  EXPECT_EQ(one->head.type, "text/event-stream");
  EXPECT_NE(one->body.find("event: snapshot\ndata: {\"is\":\"snapshot\"}\n\n"), std::string::npos);
  log.publish("metrics", "b", {{"step", 1}});
  log.publish("runs", "", {{"step", 2}});
  EXPECT_NE(all->body.find("event: metrics\ndata: {\"step\":1}\n\n"), std::string::npos);
  EXPECT_EQ(one->body.find("\"step\":1"), std::string::npos);
  EXPECT_NE(one->body.find("\"step\":2"), std::string::npos);
}

TEST(EventLog, ReplaysWhatAClientMissed) {
  EventLog log;
  const auto first = std::make_shared<FakeExchange>();
  log.subscribe(first, "", "", kSnapshot);
  log.publish("metrics", "a", {{"step", 1}});
  const std::string id = last_id(first->body);
  first->disconnect();
  EXPECT_EQ(log.listeners(), 0u);
  log.publish("metrics", "a", {{"step", 2}});
  const auto again = std::make_shared<FakeExchange>();
  log.subscribe(again, "", id, kSnapshot);
  EXPECT_EQ(again->body.find("snapshot"), std::string::npos);
  EXPECT_EQ(again->body.find("\"step\":1"), std::string::npos);
  EXPECT_NE(again->body.find("\"step\":2"), std::string::npos);
  for (const char* unknown : {"x-1", "1", "-1"}) {
    const auto other = std::make_shared<FakeExchange>();
    log.subscribe(other, "", unknown, kSnapshot);
    EXPECT_NE(other->body.find("snapshot"), std::string::npos) << unknown;
  }
}

TEST(EventLog, EndsItsStreams) {
  EventLog log;
  const auto listener = std::make_shared<FakeExchange>();
  log.subscribe(listener, "", "", kSnapshot);
  log.ping();
  EXPECT_TRUE(listener->body.ends_with(": ping\n\n"));
  log.shut_down();
  EXPECT_TRUE(listener->ended);
  EXPECT_TRUE(listener->body.ends_with("event: shutdown\ndata: {}\n\n"));
}

}  // namespace
}  // namespace charrnn
