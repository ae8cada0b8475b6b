#include "session/recent_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

TEST(RecentLoss, CountsEachReportByItsSteps) {
  const TemporaryFolder folder;
  std::ofstream(folder.path("metrics.jsonl"))
      << "{\"ngram_loss\":2.5}\n"
         "{\"step\":10,\"train_loss\":9.0,\"validation_loss\":null}\n"
         "{\"step\":19,\"train_loss\":2.0,\"validation_loss\":null}\n"
         "{\"step\":20,\"train_loss\":1.0,\"validation_loss\":2.1}\n"
         "{\"step\":30,\"train_loss\":5.0,\"validation_loss\":2.0}\n"
         "{\"step\":31,\"train_loss\":null,\"validation_loss\":2.0}\n";
  const std::string path = folder.path("metrics.jsonl");
  EXPECT_DOUBLE_EQ(recent_loss(path, 10, 20), (9 * 2.0 + 1.0) / 10);
  EXPECT_DOUBLE_EQ(recent_loss(path, 20, 31), 5.0);
  EXPECT_TRUE(std::isnan(recent_loss(path, 31, 40)));
  EXPECT_TRUE(std::isnan(recent_loss(folder.path("none"), 0, 40)));
}

}  // namespace
}  // namespace charrnn
