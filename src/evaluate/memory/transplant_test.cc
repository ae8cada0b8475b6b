// Transplanted states against the reference, whose states are put together by hand.
#include "evaluate/memory/transplant.h"

#include <gtest/gtest.h>

#include "engine/factory/make_network.h"
#include "engine/reference/forward.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

constexpr int32_t kBorder = 3;
const std::vector<int32_t> kText = {1, 4, 0, 5, 2}, kDonor = {2, 2, 3, 5, 0, 1};

class TransplantOf : public testing::TestWithParam<std::tuple<CellKind, int>> {
 protected:
  TransplantOf() {
    engine_ = make_network(config_, EngineOptions{.device = Device::kCpu});
    engine_->load_weights(parameters_);
  }

  reference::StreamState state_after(std::span<const int32_t> ids) const {
    reference::StreamState state = reference::zero_state(config_);
    for (const int32_t id : ids) {
      if (id == kBorder) state = reference::zero_state(config_);
      reference::read_character(config_, weights_, id, {}, {}, false, state);
    }
    return state;
  }

  void expect_prediction(const std::vector<float>& log_p, reference::StreamState state) const {
    const auto step =
        reference::read_character(config_, weights_, kText.back(), {}, {}, true, state);
    ASSERT_EQ(log_p.size(), step.log_probabilities.size());
    for (size_t i = 0; i < log_p.size(); ++i) {
      EXPECT_NEAR(log_p[i], step.log_probabilities[i], 2e-5) << i;
    }
  }

  const ModelConfig config_{.cell = std::get<0>(GetParam()),
                            .layers = std::get<1>(GetParam()),
                            .hidden_size = 5,
                            .embedding_size = 3,
                            .vocabulary_size = 6};
  const Parameters parameters_ = random_model(config_).weights;
  const reference::Tensors weights_{parameters_};
  std::unique_ptr<Network> engine_;
};

TEST_P(TransplantOf, PutsTheDonorsUnitsIntoTheState) {
  const auto own = state_after(std::span(kText).first(4)), donor = state_after(kDonor);
  const std::vector<StateUnit> units = {{0, 4}, {config_.layers - 1, 1}};
  reference::StreamState mixed = own;
  for (const auto& [layer, unit] : units) {
    for (int s = 0; s < config_.states(); ++s) mixed[layer][s][unit] = donor[layer][s][unit];
  }
  const Transplant some = transplant(*engine_, kText, kDonor, units, kBorder);
  expect_prediction(some.own, own);
  expect_prediction(some.donor, donor);
  expect_prediction(some.transplanted, mixed);
  EXPECT_NE(some.transplanted, some.own);
  EXPECT_EQ(transplant(*engine_, kText, kDonor, {}, kBorder).transplanted, some.donor);
}

TEST_P(TransplantOf, ReadsLongTextsInParts) {
  std::vector<int32_t> text;
  for (int i = 0; i < 1100; ++i) text.push_back(i * i % 3);
  std::vector<int32_t> ids = text;
  ids.push_back(kText.back());
  const Transplant long_one = transplant(*engine_, ids, text, {}, kBorder);
  expect_prediction(long_one.own, state_after(text));
  EXPECT_EQ(long_one.donor, long_one.own);
  for (const int at : {3, 5}) {  // in either text
    int asked = 0;
    const ShouldStop should_stop = [&] { return ++asked == at; };
    EXPECT_TRUE(transplant(*engine_, ids, text, {}, kBorder, should_stop).own.empty());
    EXPECT_EQ(asked, at);
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, TransplantOf,
                         testing::Combine(testing::Values(CellKind::kRnn, CellKind::kLstm,
                                                          CellKind::kGru),
                                          testing::Values(1, 3)));

}  // namespace
}  // namespace charrnn
