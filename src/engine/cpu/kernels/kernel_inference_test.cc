// The kernels of inference, of each set, against loops in double.
#include "engine/cpu/testing/kernel_cases.h"
#include "engine/reference/real.h"
#include "model/cells/cells.h"

namespace charrnn::cpu {
namespace {

using reference::Real;

// A matrix without gates or states, as the kernels know it.
struct Plain {
  static constexpr int gates = 1, sums = 1, states = 0, saved = 0;
  static constexpr int input_sum[1] = {0}, recurrent_sum[1] = {0};
};

// One layer for some rows: operands, weights and starts as the kernel wants them, and its sums.
template <class S>
class TestLayer {
 public:
  TestLayer(const PanelShape& shape, int rows, int inputs, int units, int case_number)
      : shape_(shape), rows_(rows), random_(static_cast<uint64_t>(case_number)) {
    panels_ = shape.panels(units);
    input_ = fill(input_steps_, inputs);
    hidden_ = fill(hidden_steps_, units);
    const size_t steps = input_steps_ + hidden_steps_;
    weights_ = random_values<S>(random_, panels_ * steps * shape.step_values(), 0.2f);
    starts_ = random_values<float>(random_, 2 * panels_ * shape.start_values());
    for (int row = 0; row < rows; ++row) {
      start_rows_.push_back(&starts_[row % 2 * panels_ * shape.start_values()]);
    }
  }

  LayerStep step() const {
    return {.weights = weights_.data(),
            .panel_values = (input_steps_ + hidden_steps_) * shape_.step_values(),
            .input_steps = input_steps_,
            .hidden_steps = hidden_steps_,
            .start = start_rows_.data(),
            .rows = rows_,
            .input = input_.data(),
            .input_stride = static_cast<size_t>(input_steps_) * shape_.group,
            .hidden = hidden_.data(),
            .hidden_stride = static_cast<size_t>(hidden_steps_) * shape_.group};
  }
  int panels() const { return panels_; }
  int padded_units() const { return panels_ * shape_.units; }
  MersenneTwister& random() { return random_; }

  double start(int row, int sum, int unit) const {
    return double{start_rows_[row][(static_cast<size_t>(unit / shape_.units) * shape_.sums + sum) *
                                       shape_.units +
                                   unit % shape_.units]};
  }
  double input_product(int row, int gate, int unit) const {
    return product(input_, input_steps_, 0, row, gate, unit);
  }
  double hidden_product(int row, int gate, int unit) const {
    return product(hidden_, hidden_steps_, input_steps_, row, gate, unit);
  }

 private:
  std::vector<S> fill(int& steps, int count) {
    steps = shape_.steps(count);
    const int padded = steps * shape_.group;
    auto values = random_values<S>(random_, static_cast<size_t>(rows_) * padded);
    for (int row = 0; row < rows_; ++row) {
      for (int k = count; k < padded; ++k) values[row * padded + k] = stored<S>(0);
    }
    return values;
  }
  double product(const std::vector<S>& operands, int steps, int first_step, int row, int gate,
                 int unit) const {
    const int group = shape_.group;
    const S* panel = &weights_[static_cast<size_t>(unit / shape_.units) *
                               (input_steps_ + hidden_steps_) * shape_.step_values()];
    double sum = 0;
    for (int k = 0; k < steps * group; ++k) {
      const size_t place =
          (first_step + k / group) * shape_.step_values() +
          (static_cast<size_t>(gate) * shape_.units + unit % shape_.units) * group + k % group;
      sum += double{value_of(operands[row * steps * group + k])} * double{value_of(panel[place])};
    }
    return sum;
  }

  PanelShape shape_;
  int rows_, panels_ = 0, input_steps_ = 0, hidden_steps_ = 0;
  MersenneTwister random_;
  std::vector<S> input_, hidden_, weights_;
  std::vector<float> starts_;
  std::vector<const float*> start_rows_;
};

template <class S, class Cell>
void check_layer(const InferenceKernels::Entry& kernel, int rows, int units, int case_number) {
  constexpr int states = std::max(1, Cell::states);
  TestLayer<S> layer(kernel.shape, rows, case_number % 4 == 0 ? 0 : 1 + case_number * 13 % 45,
                     units, case_number);
  const size_t stride = layer.padded_units() + 3, apart = stride * rows;
  const auto old_state = random_values<float>(layer.random(), states * apart);
  std::vector<float> state(states * apart), saved(Cell::saved * stride);
  std::vector<S> operands(apart);
  LayerStep step = layer.step();
  step.old_state = old_state.data();
  step.new_state = state.data();
  step.state_stride = stride;
  step.states_apart = apart;
  step.new_operands = operands.data();
  step.operands_stride = stride;
  if (rows == 1) step.saved = saved.data(), step.saved_stride = stride;
  std::vector<float> forget_product(rows * stride, 0.5f), min_abs_cell(rows * stride, 0.3f);
  if (case_number % 3 > 0)
    step.forget_product = forget_product.data(), step.min_abs_cell = min_abs_cell.data();
  // In two parts, as two threads do it.
  kernel.step(step, 0, layer.panels() / 2);
  kernel.step(step, layer.panels() / 2, layer.panels());

  for (int row = 0; row < rows; ++row) {
    for (int unit = 0; unit < units; ++unit) {
      Real sum[Cell::sums], next[states], kept[std::max(1, Cell::saved)];
      for (int s = 0; s < Cell::sums; ++s) sum[s] = layer.start(row, s, unit);
      for (int gate = 0; gate < Cell::gates; ++gate) {
        Real& from_input = sum[Cell::input_sum[gate]];
        from_input = from_input + layer.input_product(row, gate, unit);
        Real& from_state = sum[Cell::recurrent_sum[gate]];
        from_state = from_state + layer.hidden_product(row, gate, unit);
      }
      const size_t place = row * stride + unit;
      if constexpr (Cell::states == 0) {
        next[0] = sum[0];
      } else {
        for (int s = 0; s < states; ++s) next[s] = double{old_state[s * apart + place]};
        Cell::forward(sum, next, kept);
      }
      for (int s = 0; s < states; ++s) {
        ASSERT_NEAR(state[s * apart + place], next[s].value, 1e-5)
            << rows << " rows, " << units << " units";
      }
      if constexpr (Cell::states > 1) {
        const bool tracks = step.forget_product != nullptr;
        ASSERT_NEAR(forget_product[place], tracks ? 0.5 * kept[Cell::carry].value : 0.5, 1e-5);
        ASSERT_NEAR(min_abs_cell[place], tracks ? std::min(0.3, std::abs(next[1].value)) : 0.3,
                    1e-5);
      }
      for (int s = 0; s < Cell::saved && step.saved != nullptr; ++s) {
        ASSERT_NEAR(saved[s * stride + unit], kept[s].value, 1e-5);
      }
      if (Cell::states > 0 && kernel.shape.group > 1) {
        ASSERT_NEAR(value_of(operands[place]), next[0].value, tolerance<S>(next[0].value));
      }
    }
  }
}

class KernelReading : public KernelTest {};

// Tiles of one to four panels at once, and what they leave.
TEST_P(KernelReading, ALayerMayHaveAnyNumberOfPanels) {
  with_operands([&]<class S>() {
    const InferenceKernels& kernels = kernels_of<S>(isa())->inference;
    for (int panels = 2; panels <= 14; panels += 2) {
      for (const int rows : {1, 2, 3}) {
        for (const CellTraits& cell : kCells) {
          with_cell(cell.kind, [&]<class Cell>() {
            const auto& kernel = kernels.cells[static_cast<int>(cell.kind)];
            check_layer<S, Cell>(kernel, rows, panels * kernel.shape.units - 1, panels);
          });
        }
        check_layer<S, Plain>(kernels.linear, rows, panels * kernels.linear.shape.units - 1,
                              panels);
        if (HasFatalFailure()) return;
      }
    }
  });
}

TEST_P(KernelReading, ALayerIsTheCellOfTheObviousSums) {
  with_operands([&]<class S>() {
    const InferenceKernels& kernels = kernels_of<S>(isa())->inference;
    int case_number = 0;
    for (const auto [rows, units] : rows_and_units<S>()) {
      ++case_number;
      // Rows need not come in pairs here.
      const int odd_rows = rows > 1 ? rows - case_number % 2 : rows;
      for (const CellTraits& cell : kCells) {
        with_cell(cell.kind, [&, size = units]<class Cell>() {
          check_layer<S, Cell>(kernels.cells[static_cast<int>(cell.kind)], odd_rows, size,
                               case_number);
        });
      }
      check_layer<S, Plain>(kernels.linear, odd_rows, units, case_number);
      if (HasFatalFailure()) return;
    }
  });
}

TEST_P(KernelReading, ExponentialSumIsThatOfTheDistancesFromTheLargest) {
  with_operands([&]<class S>() {
    MersenneTwister random(2);
    for (int count = 1; count <= 70; ++count) {
      const int vectors = (count + isa().lanes - 1) / isa().lanes;
      auto values = random_values<float>(random, vectors * isa().lanes, 30);
      std::fill(values.begin() + count, values.end(), -1e30f);
      const float most = *std::max_element(values.begin(), values.end());
      double expected = 0;
      for (const float value : values) expected += std::exp(double{value} - double{most});
      float largest = 0, sum = 0;
      kernels_of<S>(isa())->inference.sum_of_exponentials(values.data(), vectors, largest, sum);
      ASSERT_EQ(largest, most);
      ASSERT_NEAR(sum, expected, 1e-5 * expected);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelReading, testing::ValuesIn(kernel_sets(true)), name_of_set);

}  // namespace
}  // namespace charrnn::cpu
