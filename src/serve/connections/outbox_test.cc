#include "serve/connections/outbox.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

struct CountedOutbox {
  int wakes = 0;
  Outbox outbox{100, [this] { ++wakes; }};
};

TEST(Outbox, GivesWhatWasPutAndWakesOnceForIt) {
  CountedOutbox counted;
  counted.outbox.put("head", {}, false);
  counted.outbox.append("one", false);
  counted.outbox.append("two", true);
  EXPECT_EQ(counted.wakes, 1) << "nothing was taken since";
  Outbox::Part part = counted.outbox.take();
  EXPECT_EQ(part.bytes, "headone3\r\ntwo\r\n");
  EXPECT_FALSE(part.last);
  counted.outbox.finish(true);
  EXPECT_EQ(counted.wakes, 2);
  part = counted.outbox.take();
  EXPECT_EQ(part.bytes, "0\r\n\r\n");
  EXPECT_TRUE(part.last);
}

TEST(Outbox, BreaksAboveItsLimit) {
  CountedOutbox counted;
  counted.outbox.put(std::string(1000, 'x'), {}, false);
  counted.outbox.take();
  counted.outbox.set_gone();
  CountedOutbox slow;
  slow.outbox.append(std::string(60, 'x'), false);
  EXPECT_FALSE(slow.outbox.take().broken);
  slow.outbox.append(std::string(60, 'x'), false);  // 60 are still in flight
  EXPECT_TRUE(slow.outbox.take().broken);
  CountedOutbox unlimited;
  unlimited.outbox.set_unlimited();
  unlimited.outbox.append(std::string(1000, 'x'), false);
  EXPECT_FALSE(unlimited.outbox.take().broken);
}

TEST(Outbox, TellsOnceThatTheClientIsGone) {
  CountedOutbox counted;
  int told = 0;
  counted.outbox.on_gone([&told] { ++told; });
  counted.outbox.set_gone();
  counted.outbox.set_gone();
  EXPECT_EQ(told, 1);
  counted.outbox.on_gone([&told] { ++told; });
  EXPECT_EQ(told, 2) << "it is gone already";
  counted.outbox.append("lost", false);
  EXPECT_EQ(counted.outbox.take().bytes, "");
  CountedOutbox finished;
  finished.outbox.on_gone([&told] { ++told; });
  finished.outbox.put("all", {}, true);
  finished.outbox.set_gone();
  EXPECT_EQ(told, 2) << "it had its whole reply";
}

TEST(Outbox, ProbesAStreamThatMayBeProbed) {
  CountedOutbox counted;
  counted.outbox.put("head", {}, false);
  counted.outbox.probe();
  EXPECT_EQ(counted.outbox.take().bytes, "head");
  counted.outbox.set_probe(":\n");
  EXPECT_EQ(counted.outbox.take().bytes, "");
  counted.outbox.probe();
  EXPECT_EQ(counted.outbox.take().bytes, ":\n");
  counted.outbox.finish(false);
  counted.outbox.probe();
  EXPECT_EQ(counted.outbox.take().bytes, "") << "the stream has ended";
}

}  // namespace
}  // namespace charrnn
