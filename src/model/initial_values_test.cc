#include "model/initial_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/files/file.h"
#include "base/json/json.h"
#include "test_paths.h"

namespace charrnn {
namespace {

struct Golden {
  std::array<float, 4> first;
  float last;
  double sum;
  double sum_of_squares;
};

// PyTorch's values for the notebook's model with seed 42, in the order of the layout.
constexpr Golden kNotebook[] = {
    {{1.9269153f, 1.4872841f, 0.9007172f, -2.105521f}, -1.4957532f, 1.118715, 1955.115015},
    {{0.0211446f, -0.0193779f, -0.0501187f, -0.0135001f}, -0.0602956f, -0.991845, 21.439936},
    {{0.0296099f, 0.0159655f, 0.006083f, 0.0494241f}, 0.0300996f, 15.443167, 85.290876},
    {{0.001041f, 0.0548837f, 0.0039036f, -0.0371414f}, 0.0209746f, -0.336313, 0.331944},
    {{0.0286049f, 0.0186009f, -0.0604845f, -0.055052f}, 0.0143828f, 1.526862, 0.320147},
    {{-0.0576581f, 0.0602277f, -0.01269f, -0.028399f}, 0.0060032f, 0.814292, 85.679699},
    {{0.058133f, 0.0469312f, -0.0435959f, 0.014553f}, -0.0393103f, -5.231395, 85.286002},
    {{0.0508673f, -0.0447087f, -0.0026655f, -0.0547564f}, 0.0316323f, 0.373887, 0.308738},
    {{-0.0229752f, 0.0488838f, 0.0142965f, -0.007316f}, 0.0431654f, 0.035027, 0.320687},
    {{-0.014076f, -0.0404384f, 0.0329993f, -0.0552322f}, 0.0179336f, -3.449525, 10.393612},
    {{-0.0407819f, -0.0434263f, 0.0123324f, 0.0161641f}, 0.0122384f, 0.04425, 0.032599},
};

TEST(InitialValues, OfTheNotebookArePyTorchs) {
  Parameters parameters({CellKind::kRnn, 2, 256, 64, 31});
  MersenneTwister generator(42);
  fill_like_pytorch(parameters, generator);
  ASSERT_EQ(parameters.layout().size(), std::size(kNotebook));
  for (size_t i = 0; i < std::size(kNotebook); ++i) {
    SCOPED_TRACE(parameters.layout()[i].name);
    const std::span<const float> values = parameters.tensor(static_cast<int>(i));
    // The golden numbers have seven decimals; the embedding's logarithms and cosines may differ in
    // the last place.
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(values[k], kNotebook[i].first[k], 3e-7);
    EXPECT_NEAR(values.back(), kNotebook[i].last, 3e-7);
    double sum = 0, squares = 0;
    for (const double value : values) sum += value, squares += value * value;
    EXPECT_NEAR(sum, kNotebook[i].sum, 2e-6);
    EXPECT_NEAR(squares, kNotebook[i].sum_of_squares, 1e-6 * (1 + squares));
  }
}

// tests/torch/gradients.json holds every value of a small network of each cell. 21 values of
// embedding: the tail of a normal fill that is no multiple of 16 is drawn again.
TEST(InitialValues, OfEachCellArePyTorchs) {
  const JsonValue golden =
      parse_json(read_file(CHARRNN_SOURCE_DIR "/tests/torch/gradients.json", 1 << 24));
  for (const CellTraits& cell : kCells) {
    Parameters parameters({cell.kind, golden["layers"].get<int>(), golden["hidden_size"].get<int>(),
                           golden["embedding_size"].get<int>(),
                           golden["vocabulary_size"].get<int>()});
    MersenneTwister generator(golden["seed"].get<uint64_t>());
    fill_like_pytorch(parameters, generator);
    for (size_t i = 0; i < parameters.layout().size(); ++i) {
      const std::string& name = parameters.layout()[i].name;
      SCOPED_TRACE(std::string(cell.name) + " " + name);
      const auto expected = golden["cells"][cell.name]["initial"][name].get<std::vector<float>>();
      const std::span<const float> values = parameters.tensor(static_cast<int>(i));
      ASSERT_EQ(values.size(), expected.size());
      const float tolerance = i == 0 ? 5e-7f : 0;  // the embedding's logarithms and cosines
      for (size_t k = 0; k < values.size(); ++k) EXPECT_NEAR(values[k], expected[k], tolerance);
    }
  }
}

TEST(InitialValues, OfAOneHotEmbeddingAreTheIdentityAndDrawNothing) {
  ModelConfig config = {CellKind::kGru, 1, 5, 4, 4, true};
  Parameters parameters(config);
  for (auto* fill : {fill_like_pytorch, fill_like_char_rnn}) {
    MersenneTwister generator(7), untouched(7);
    fill(parameters, generator);
    for (int i = 0; i < 16; ++i) EXPECT_EQ(parameters.embedding()[i], i % 5 == 0 ? 1 : 0);
    const float bound = fill == fill_like_char_rnn ? 0.08f : static_cast<float>(1 / std::sqrt(5.0));
    EXPECT_EQ(parameters.weight_ih(0)[0], untouched.uniform(-bound, bound));
  }
}

TEST(InitialValues, LikeCharRnnsOpenTheForgetGateOfALstm) {
  for (const CellTraits& cell : kCells) {
    Parameters parameters({cell.kind, 2, 9, 6, 11});
    MersenneTwister generator(3);
    fill_like_char_rnn(parameters, generator);
    int ones = 0;
    for (const float value : parameters.values()) {
      if (value == 1) {
        ++ones;
      } else {
        EXPECT_LE(std::abs(value), 0.08f);
      }
    }
    EXPECT_EQ(ones, cell.kind == CellKind::kLstm ? 2 * 9 : 0) << cell.name;
    if (cell.kind != CellKind::kLstm) continue;
    for (int layer = 0; layer < 2; ++layer) {
      for (int unit = 0; unit < 9; ++unit) {
        EXPECT_EQ(parameters.bias_ih(layer)[9 + unit], 1);
        EXPECT_EQ(parameters.bias_hh(layer)[9 + unit], 0);
      }
    }
  }
}

// The second gate of i, f, g, o and of r, z, n keeps the state; a plain cell has none.
static_assert(Rnn::keep_gate == -1 && Lstm::keep_gate == 1 && Gru::keep_gate == 1);

TEST(InitialValues, OfTheGateThatKeepsAreRaisedAlone) {
  for (const CellTraits& cell : kCells) {
    SCOPED_TRACE(cell.name);
    const Parameters zeros({cell.kind, 2, 5, 3, 4});
    Parameters raised = zeros, expected = zeros;
    add_forget_bias(raised, 1.5f);
    if (cell.keep_gate >= 0) {
      for (int layer = 0; layer < 2; ++layer) {
        std::ranges::fill(expected.bias_ih(layer).subspan(5 * cell.keep_gate, 5), 1.5f);
      }
    }
    EXPECT_TRUE(std::ranges::equal(raised.values(), expected.values()));
  }
}

}  // namespace
}  // namespace charrnn
