// What stands in the file; that it runs the model is shown by tests/export_page_test.py.
#include "export/page/page_file.h"

#include <gtest/gtest.h>

#include "base/json/json.h"
#include "export/page/base64.h"
#include "export/page/page_template.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

std::string page_of(const Model& model, WeightType type, const PageWords& words = {}) {
  std::string page;
  page_content(model, type, words)([&page](std::string_view part) { page += part; });
  return page;
}

// What stands between two texts, after the first.
std::string between(std::string_view page, std::string_view begin, std::string_view end) {
  const size_t from = page.find(begin);
  EXPECT_NE(from, page.npos) << begin;
  if (from == page.npos) return {};
  page.remove_prefix(from + begin.size());
  return std::string(page.substr(0, page.find(end)));
}

std::string tensor_of(std::string_view page, std::string_view name) {
  const std::string element = "data-tensor=\"" + std::string(name) + "\"";
  return between(between(page, element, "/script"), ">", "<");
}

size_t count_of(std::string_view page, std::string_view text) {
  size_t count = 0;
  for (size_t at = page.find(text); at != page.npos; at = page.find(text, at + 1)) ++count;
  return count;
}

TEST(Base64, FillsUpToGroupsOfFour) {  // the examples of RFC 4648
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
  for (size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(base64(std::string(size, 'a')).size(), base64_size(size));
  }
}

TEST(PageFile, HoldsEachTensorInItsPrecision) {
  const Model model = random_model({CellKind::kGru, 2, 5, 3, 7}, 3);
  for (const auto type : {WeightType::kFloat32, WeightType::kFloat16, WeightType::kInt8}) {
    const std::string page = page_of(model, type);
    const size_t width = type == WeightType::kFloat32 ? 4 : type == WeightType::kFloat16 ? 2 : 1;
    for (const TensorInfo& tensor : model.weights.layout()) {
      const size_t bytes = tensor.size() * (tensor.shape.size() < 2 ? 4 : width);
      EXPECT_EQ(tensor_of(page, tensor.name).size(), base64_size(bytes)) << tensor.name;
    }
    EXPECT_EQ(count_of(page, "data-scales=\""), type == WeightType::kInt8 ? 6u : 0u);
    EXPECT_EQ(count_of(page, "{{"), 0u);
  }
}

TEST(PageFile, HoldsTheNumbersThemselves) {
  const Model model = random_model({CellKind::kRnn, 1, 5, 3, 7}, 3);
  const auto values = model.weights.fc_weight();
  const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  EXPECT_EQ(tensor_of(page_of(model, WeightType::kFloat32), "fc.weight"), base64(bytes));
  const StoredMatrix stored = store_matrix(values, 7, WeightType::kInt8);
  EXPECT_EQ(tensor_of(page_of(model, WeightType::kInt8), "fc.weight"), base64(stored.bytes));
}

TEST(PageFile, LeavesTheEmbeddingOfOneHotInputOut) {
  ModelConfig config{CellKind::kLstm, 1, 4, 6, 6};
  config.one_hot = true;
  EXPECT_EQ(
      count_of(page_of(random_model(config), WeightType::kFloat32), "data-tensor=\"embedding"), 0u);
}

TEST(PageFile, TakesWordsForText) {
  const Model model = random_model({CellKind::kRnn, 1, 2, 2, 3});
  const std::string page = page_of(model, WeightType::kFloat32,
                                   {"</title><script>\"1\"&{{model}}", "<b>{{title}}</b>\nline"});
  EXPECT_EQ(between(page, "<title>", "</title>"),
            "&lt;/title&gt;&lt;script&gt;&quot;1&quot;&amp;{{model}}");
  EXPECT_EQ(between(page, "<p class=\"credits\" dir=\"auto\">", "</p>"),
            "&lt;b&gt;{{title}}&lt;/b&gt;\nline");
}

TEST(PageFile, KeepsTheVocabularyWithinItsElement) {
  Model model = random_model({CellKind::kRnn, 1, 2, 2, 4});
  model.vocabulary = Vocabulary({U'<', U'!', U'/', U'\0'}, Encoding::kUtf8, false);
  model.facts["note"] = "</script><!--";
  const std::string json =
      between(page_of(model, WeightType::kFloat16), "id=\"model\">", "</script>");
  EXPECT_EQ(json.find('<'), json.npos);
  const JsonValue metadata = parse_json(json);
  EXPECT_EQ(metadata.at("note").text(), "</script><!--");
  EXPECT_EQ(metadata.at("weight_type").text(), "f16");
  const JsonValue vocabulary = parse_json(metadata.at("vocabulary").text());
  EXPECT_EQ(vocabulary.at(0).text(), "<");
  EXPECT_EQ(vocabulary.at(3).text(), std::string(1, '\0'));
}

TEST(PageFile, IsKnownForOursByItsBeginning) { EXPECT_LT(page_template().find("charrnn"), 512u); }

}  // namespace
}  // namespace charrnn
