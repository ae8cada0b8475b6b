// Traces of a text of documents against what the reference computes for each document alone, and
// against the loss of the whole text with its states reset.
#include "evaluate/document_trace.h"

#include <gtest/gtest.h>

#include "engine/factory/make_network.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

constexpr int32_t kBorder = 3;
// A border at the start, two side by side, one at the end.
const std::vector<int32_t> kIds = {3, 1, 4, 0, 3, 3, 2, 2, 5, 1, 3, 4, 0, 3};
const std::vector<std::pair<size_t, size_t>> kDocuments = {
    {0, 4}, {4, 5}, {5, 10}, {10, 13}, {13, 14}};

class DocumentTrace : public testing::TestWithParam<CellKind> {
 protected:
  static std::unique_ptr<Network> engine(Device device) {
    const ModelConfig config{.cell = GetParam(),
                             .layers = 2,
                             .hidden_size = 5,
                             .embedding_size = 3,
                             .vocabulary_size = 6};
    auto result = make_network(config, EngineOptions{.device = device});
    result->load_weights(random_model(config).weights);
    return result;
  }
};

void expect_part(const std::vector<float>& all, const std::vector<float>& part, size_t layers,
                 size_t begin, size_t times) {
  const size_t width = part.size() / (layers * times);
  ASSERT_EQ(all.size(), layers * kIds.size() * width);
  for (size_t layer = 0; layer < layers; ++layer) {
    for (size_t i = 0; i < times * width; ++i) {
      ASSERT_NEAR(all[(layer * kIds.size() + begin) * width + i], part[layer * times * width + i],
                  2e-5f);
    }
  }
}

TEST_P(DocumentTrace, IsThatOfEachDocumentAlone) {
  const auto ours = engine(Device::kCpu), reference = engine(Device::kReference);
  const Trace all = trace_documents(*ours, kIds, kBorder);
  EXPECT_EQ(all.times, static_cast<int>(kIds.size()));
  EXPECT_EQ(all.cell.empty(), GetParam() != CellKind::kLstm);
  for (const auto& [begin, end] : kDocuments) {
    Trace alone;
    reference->trace(std::span(kIds).subspan(begin, end - begin), *reference->new_state(1), alone);
    expect_part(all.hidden, alone.hidden, 2, begin, end - begin);
    expect_part(all.saved, alone.saved, 2, begin, end - begin);
    expect_part(all.log_probabilities, alone.log_probabilities, 1, begin, end - begin);
    if (!all.cell.empty()) expect_part(all.cell, alone.cell, 2, begin, end - begin);
  }
}

TEST_P(DocumentTrace, IsAsSurprisedAsTheTextWithItsStatesReset) {
  const auto ours = engine(Device::kCpu), reference = engine(Device::kReference);
  std::vector<uint8_t> resets;
  for (const int32_t id : kIds) resets.push_back(id == kBorder);
  std::vector<float> surprise(kIds.size() - 1);
  reference->evaluate(kIds, *reference->new_state(1), surprise, resets);
  const Trace all = trace_documents(*ours, kIds, kBorder);
  for (size_t t = 1; t < kIds.size(); ++t) {
    EXPECT_NEAR(-all.log_probabilities[(t - 1) * 6 + kIds[t]], surprise[t - 1], 2e-5f) << t;
  }
}

TEST_P(DocumentTrace, WithoutBordersIsThePlainOne) {
  const auto reference = engine(Device::kReference);
  Trace plain;
  reference->trace(kIds, *reference->new_state(1), plain);
  EXPECT_EQ(trace_documents(*reference, kIds, -1).hidden, plain.hidden);
}

TEST_P(DocumentTrace, SensitivityEndsAtTheBorder) {
  const auto ours = engine(Device::kCpu), reference = engine(Device::kReference);
  const auto read = std::span(kIds).first(9);  // the last border in it is at 5
  const std::vector<float> sizes = sensitivity_in_document(*ours, read, 1, kBorder);
  const std::vector<float> alone = reference->sensitivity(read.subspan(5), 1);
  ASSERT_EQ(sizes.size(), read.size());
  for (size_t t = 0; t < read.size(); ++t) {
    EXPECT_NEAR(sizes[t], t < 5 ? 0 : alone[t - 5], t < 5 ? 0 : 1e-5f) << t;
  }
  EXPECT_GT(sizes[5], 0);
}

INSTANTIATE_TEST_SUITE_P(Cells, DocumentTrace,
                         testing::Values(CellKind::kRnn, CellKind::kLstm, CellKind::kGru));

}  // namespace
}  // namespace charrnn
