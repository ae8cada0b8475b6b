#include "train/checkpoint/metrics_csv.h"

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

std::string csv_of(std::string_view log) {
  const TemporaryFolder folder;
  replace_file(folder.path("m"), log);
  std::string csv;
  write_metrics_csv(folder.path("m"), [&csv](std::string_view part) { csv += part; });
  return csv;
}

TEST(MetricsCsv, HasARowForEachReport) {
  EXPECT_EQ(csv_of("{\"baseline\":2.5}\n"
                   "{\"step\":10,\"train_loss\":2.25,\"validation_loss\":null}\n"
                   "{\"step\":20,\"train_loss\":1.0000001,\"validation_loss\":2,\"new\":1e-7}\n"),
            "step,train_loss,validation_loss,new\r\n"
            "10,2.25,,\r\n"
            "20,1.0000001,2,1e-07\r\n");
}

TEST(MetricsCsv, LeavesOutWhatIsNoReport) {
  EXPECT_EQ(csv_of(""), "");
  EXPECT_EQ(csv_of("nonsense\n{\"step\":1,\"a\":\"text\",\"=b()\":1,\"\\u001b[2J\":2}\n"),
            "step\r\n1\r\n");
  EXPECT_EQ(csv_of("{\"step\":1}\n{\"step\":2}"), "step\r\n1\r\n") << "a line being written";
}

}  // namespace
}  // namespace charrnn
