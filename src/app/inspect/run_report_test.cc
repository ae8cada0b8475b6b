#include "app/inspect/run_report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

const Terminal kPlain(stdout, ColorChoice::kNever);

void expect_has(const std::string& page, const std::string& part) {
  EXPECT_NE(page.find(part), std::string::npos) << page << "\n  lacks " << part;
}

void write_run(const TemporaryFolder& folder) {
  const Model model = random_model({CellKind::kGru, 1, 5, 3, 4, false});
  Checkpoint checkpoint;
  checkpoint.snapshot.weights = model.weights;
  checkpoint.vocabulary = model.vocabulary;
  checkpoint.progress.step = 1200;
  checkpoint.progress.total_steps = 4000;
  checkpoint.carried.resize(7 * 5);
  checkpoint.settings = {{"batch-size", {"7"}},  {"cell", {"gru"}},       {"dropout", {"0"}},
                         {"layers", {"1"}},      {"hidden-size", {"5"}},  {"embedding-size", {"3"}},
                         {"one-hot", {"false"}}, {"encoding", {"utf-8"}}, {"lowercase", {"false"}}};
  write_checkpoint(folder.path("checkpoint.safetensors"), checkpoint);
  std::ofstream(folder.path("metrics.jsonl"))
      << R"({"ngram_loss":1.5,"ngram_context":6})"
      << "\n"
      << R"({"step":1,"train_loss":3.5,"validation_loss":null})"
      << "\n"
      << "not JSON\n"
      << R"({"step":600,"train_loss":2.5,"validation_loss":2.25})"
      << "\n"
      << R"({"step":1200,"train_loss":1.5,"validation_loss":2.5})"
      << "\n"
      << R"({"step":1201,"train_lo)";
}

TEST(RunReport, TellsHowFarTheRunIsAndHowItWent) {
  const TemporaryFolder folder;
  write_run(folder);
  const auto report = make_run_report(folder.path());
  ASSERT_TRUE(report);
  const std::string page = run_page(*report, "build/charrnn", kPlain);
  expect_has(page, "1,200 of 4,000 steps");
  expect_has(page, "█▅▁  3.5000 → 1.5000 nats\n");
  expect_has(page, "2.2500 → 2.5000 nats, best 2.2500\n");
  expect_has(page, "settings    batch-size 7\n");
  expect_has(page, "charrnn train --resume " + folder.path());
  expect_has(page, "metrics.jsonl: 2 lines can't be read");
  expect_has(page, "none yet");
  const JsonOutput json = run_json(*report);
  EXPECT_EQ(json["checkpoint"]["step"], 1200);
  EXPECT_EQ(json["step"], 1200);
  EXPECT_EQ(json["reports"], 3);
}

TEST(RunReport, OfADamagedCheckpointIsANoteAndNoError) {
  const TemporaryFolder folder;
  write_run(folder);
  std::filesystem::resize_file(folder.path("checkpoint.safetensors"), 300);
  const auto report = make_run_report(folder.path());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->notes.size(), 2u);
  EXPECT_FALSE(report->checkpoint);
}

TEST(RunReport, IsOnlyOfARunsFolder) {
  const TemporaryFolder folder;
  EXPECT_FALSE(make_run_report(folder.path()));
  EXPECT_FALSE(make_run_report(folder.path("none")));
}

TEST(RunReport, KeepsSomeOfVeryManyReports) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += fmt::format("{{\"step\":{}}}\n", i);
  std::ofstream(folder.path("metrics.jsonl")) << text;
  const auto report = make_run_report(folder.path());
  ASSERT_TRUE(report);
  EXPECT_EQ(run_json(*report)["reports"], 300'000);
  EXPECT_EQ(report->metrics.size(), 150'001u) << "every second one and the last";
  EXPECT_EQ(report->metrics[1000].step, 2000);
  EXPECT_EQ(report->metrics.back().step, 299'999);
}

}  // namespace
}  // namespace charrnn
