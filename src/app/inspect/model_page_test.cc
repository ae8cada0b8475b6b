#include "app/inspect/model_page.h"

#include <gtest/gtest.h>

#include <cmath>

#include "app/inspect/vocabulary_text.h"
#include "app/terminal/spark_line.h"
#include "base/testing/temporary_folder.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

const Terminal kPlain(stdout, ColorChoice::kNever);

void expect_has(const std::string& page, const std::string& part) {
  EXPECT_NE(page.find(part), std::string::npos) << page << "\n  lacks " << part;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "|";
  return text;
}

TEST(SparkLine, GoesFromTheLowestToTheHighestBlock) {
  const std::vector<double> values = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(spark_line(values, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(spark_line(values, 4), "▁▃▆█");
  EXPECT_EQ(spark_line(std::vector<double>{3, 3}, 9), "▁▁");
  EXPECT_EQ(spark_line(std::vector<double>{1, std::nan(""), 2}, 9), "▁ █");
  EXPECT_EQ(spark_line(std::vector<double>{}, 9), "");
}

TEST(TensorStatistics, AreThoseOfTheFiniteValues) {
  const std::vector<float> values = {1, -3, 2, NAN, 4, INFINITY};
  const TensorStatistics result = tensor_statistics(values);
  EXPECT_EQ(result.finite, 4);
  EXPECT_EQ(result.not_finite, 2);
  EXPECT_DOUBLE_EQ(result.mean, 1);
  EXPECT_DOUBLE_EQ(result.deviation, std::sqrt((0 + 16 + 1 + 9) / 4.0));
  EXPECT_EQ(result.min, -3);
  EXPECT_EQ(result.max, 4);
  EXPECT_EQ(result.bins.front(), 1);
  EXPECT_EQ(result.bins.back(), 1);
}

TEST(VocabularyText, ShowsWhatCanBeSeenAndNamesTheRest) {
  const Vocabulary vocabulary({'\n', ' ', 'a', 0x1B, 'b', 0xE9, 0x4E2D, 0x200B}, Encoding::kUtf8,
                              false);
  EXPECT_EQ(joined(vocabulary_lines(vocabulary, 80, 9)),
            "abé中|line feed, space, escape, zero width space|");
  EXPECT_EQ(joined(vocabulary_lines(vocabulary, 17, 9)),
            "abé中|line feed, space,|escape,|zero width space|");
  EXPECT_EQ(joined(vocabulary_lines(vocabulary, 17, 2)), "abé中|line feed, space,|… and 2 more|");
}

TEST(VocabularyText, ShowsBytesByNumber) {
  const Vocabulary vocabulary({'a', 0x80, 0xFF}, Encoding::kBytes, false);
  EXPECT_EQ(joined(vocabulary_lines(vocabulary, 80, 9)), "a|\\x80, \\xff|");
}

TEST(ModelPage, TellsNetworkVocabularyAndTraining) {
  const TemporaryFolder folder;
  Model model = random_model({CellKind::kLstm, 2, 19, 7, 33, false});
  model.facts = {{"steps", "12000"}, {"validation_loss", "1.386294"}, {"note", "a\x1b[31mb"}};
  write_model(folder.path("model.safetensors"), model);
  const ModelReport report = make_model_report(folder.path(), {});
  const std::string page = model_page(report, {.tensors = true}, kPlain);
  expect_has(page, folder.path("model.safetensors"));
  expect_has(page, "network     LSTM, 2 layers of 19 units, embedding of 7\n");
  expect_has(page, "vocabulary  33 characters\n");
  expect_has(page, "training    12,000 steps\n");
  expect_has(page, "validation  1.3863 nats, 2.0000 bits per character\n");
  expect_has(page, "note        a\\x1b[31mb\n");
  expect_has(page, "rnn.weight_hh_l1  [76, 19]  F32");
  expect_has(page, "rnn = nn.LSTM(7, 19, 2, batch_first=True)");
  const JsonOutput json = model_json(report, {.tensors = true});
  EXPECT_EQ(json["cell"], "lstm");
  EXPECT_EQ(json["parameters"], parameter_count(model.config()));
  EXPECT_EQ(json["vocabulary"].size(), 33u);
  EXPECT_EQ(json["tensors"].size(), model.weights.layout().size());
  EXPECT_EQ(json["facts"]["steps"], "12000");
}

TEST(ModelPage, OfABrokenModelSaysWhichTensorIsBroken) {
  const TemporaryFolder folder;
  Model model = random_model({CellKind::kGru, 1, 5, 3, 4, false});
  model.weights.fc_bias()[2] = NAN;
  write_model(folder.path("m"), model);
  EXPECT_ANY_THROW(make_model_report(folder.path("m"), {}));
  const ModelReport report = make_model_report(folder.path("m"), {.check_values = false});
  expect_has(model_page(report, {.tensors = true}, kPlain), "1 NaN or Inf");
}

}  // namespace
}  // namespace charrnn
