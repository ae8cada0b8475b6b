// One time step of one layer, forward and backward, of each cell and set against loops in double.
#include "engine/cpu/testing/kernel_cases.h"
#include "engine/reference/real.h"
#include "model/cells/cells.h"
#include "model/dropout.h"

namespace charrnn::cpu {
namespace {

using reference::Real;

// What forward and backward have in common: sizes, a mask, places.
template <class S, class Cell>
struct Step {
  static constexpr int slots = std::max(Cell::saved, Cell::sums);

  Step(const Isa& isa_, RowsAndUnits size, int case_number)
      : isa(isa_),
        lanes(isa_.lanes),
        rows(size.rows),
        units(size.units),
        blocks((size.units + isa_.lanes - 1) / isa_.lanes),
        random(static_cast<uint64_t>(case_number)),
        records{isa_.lanes, size.rows, slots},
        hidden_records{isa_.lanes, size.rows, 1},
        masked(case_number % 3 == 0) {
    for (int row = 0; row < rows; ++row) keys.push_back(dropout_key(7, 1, 0, case_number, row));
    if (masked)
      mask = {.keys = keys.data(), .threshold = dropout_threshold(0.4f), .scale = 1 / 0.6f};
  }

  double factor(int row, int unit) const {
    if (!masked) return 1;
    return counter_bits(keys[row], static_cast<uint32_t>(unit)) < mask.threshold
               ? 0
               : double{mask.scale};
  }
  // [planes][block][rows][W]: operands, saved cell states and the gradient of the state.
  size_t operand_offset(int plane, int unit, int row) const {
    return ((static_cast<size_t>(plane) * blocks + unit / lanes) * rows + row) * lanes +
           unit % lanes;
  }
  size_t saved_offset(int unit, int row, int slot) const {
    return records(unit / lanes, row, slot, unit % lanes);
  }
  size_t hidden_offset(int unit, int row) const {
    return hidden_records(unit / lanes, row, 0, unit % lanes);
  }
  size_t plane_size() const { return static_cast<size_t>(blocks) * rows * lanes; }
  template <class T>
  void near(const std::vector<T>& values, size_t place, double expected, const char* what) const {
    ASSERT_NEAR(value_of(values[place]), expected, tolerance<T>(expected))
        << what << ", " << rows << " rows, " << units << " units";
  }

  const Isa& isa;
  const int lanes, rows, units, blocks;
  MersenneTwister random;
  const SavedOffsets<S> records, hidden_records;
  const bool masked;
  std::vector<uint64_t> keys;
  Mask mask;
};

template <class S, class Cell>
void check_forward(const Isa& isa, CellKind kind, RowsAndUnits size, int case_number) {
  Step<S, Cell> at(isa, size, case_number);
  const int lanes = at.lanes, rows = at.rows, blocks = at.blocks;
  const int panel_vectors = panel_blocks(Cell::gates) * Cell::gates, vectors = blocks * Cell::gates;
  // The first layer has no such product: now and then there are no inputs.
  const int inputs = case_number % 4 == 0 ? 0 : 1 + case_number * 13 % 45;
  TestOperand<S> input(at.random, {lanes, rows, inputs / lanes, inputs % lanes > 0, inputs % lanes,
                                   vectors, panel_vectors});
  TestOperand<S> recurrent(at.random, {lanes, rows, at.units / lanes, at.units % lanes > 0,
                                       at.units % lanes, vectors, panel_vectors});
  const int64_t start_size = int64_t{blocks} * Cell::sums * lanes, state_width = blocks * lanes + 5;
  const auto start = random_values<float>(at.random, 3 * start_size);
  std::vector<int64_t> start_offset;
  for (int row = 0; row < rows; ++row) start_offset.push_back(row * 2 % 3 * start_size);
  const auto old_state = random_values<float>(at.random, Cell::states * rows * state_width);
  auto state = old_state;
  std::vector<S> output(at.plane_size()), masked(at.plane_size()), hidden(at.plane_size()),
      saved_masked(at.plane_size()), saved(at.slots * at.plane_size());
  std::vector<float> cell(std::max(1, Cell::states - 1) * at.plane_size());

  ForwardStep<S> step{.rows = rows,
                      .unit_blocks = blocks,
                      .start = start.data(),
                      .start_offset = start_offset.data(),
                      .input = input.operand(),
                      .recurrent = recurrent.operand(),
                      .state = state.data(),
                      .state_stride = rows * state_width,
                      .state_row_stride = state_width,
                      .output = output.data(),
                      .output_stride = int64_t{rows} * lanes,
                      .mask = at.mask,
                      .saved = saved.data(),
                      .saved_hidden = hidden.data(),
                      .saved_cell = cell.data(),
                      .saved_stride = int64_t{rows} * at.slots * lanes,
                      .hidden_stride = int64_t{rows} * lanes,
                      .cell_state_stride = static_cast<int64_t>(at.plane_size())};
  if (at.masked) step.masked_output = masked.data(), step.saved_masked = saved_masked.data();
  kernels_of<S>(isa)->forward_step[static_cast<int>(kind)](step);

  for (int row = 0; row < rows; ++row) {
    for (int unit = 0; unit < at.units; ++unit) {
      const int block = unit / lanes, lane = unit % lanes;
      Real sum[Cell::sums], next[Cell::states], expected[Cell::saved];
      for (int s = 0; s < Cell::sums; ++s) {
        sum[s] = double{start[start_offset[row] + (block * Cell::sums + s) * lanes + lane]};
      }
      for (int gate = 0; gate < Cell::gates; ++gate) {
        const int column = (block * Cell::gates + gate) * lanes + lane;
        Real& from_input = sum[Cell::input_sum[gate]];
        from_input = from_input + input.product(row, column);
        Real& from_state = sum[Cell::recurrent_sum[gate]];
        from_state = from_state + recurrent.product(row, column);
      }
      const auto state_offset = [&](int s) { return (s * rows + row) * state_width + unit; };
      for (int s = 0; s < Cell::states; ++s) next[s] = double{old_state[state_offset(s)]};
      Cell::forward(sum, next, expected);
      for (int s = 0; s < Cell::states; ++s)
        at.near(state, state_offset(s), next[s].value, "state");
      for (int s = 0; s < Cell::saved; ++s) {
        at.near(saved, at.saved_offset(unit, row, s), expected[s].value, "saved");
      }
      for (int s = 1; s < Cell::states; ++s) {
        at.near(cell, at.operand_offset(s - 1, unit, row), next[s].value, "saved cell state");
      }
      at.near(output, at.operand_offset(0, unit, row), next[0].value, "output");
      at.near(hidden, at.hidden_offset(unit, row), next[0].value, "saved hidden state");
      if (!at.masked) continue;
      const double dropped = next[0].value * at.factor(row, unit);
      at.near(masked, at.operand_offset(0, unit, row), dropped, "masked output");
      at.near(saved_masked, at.hidden_offset(unit, row), dropped, "saved masked output");
    }
  }
}

template <class S, class Cell>
void check_backward(const Isa& isa, CellKind kind, RowsAndUnits size, int case_number) {
  Step<S, Cell> at(isa, size, case_number);
  const int lanes = at.lanes, rows = at.rows, blocks = at.blocks;
  // From above: the layer above's sums, the logits' (one vector of a block of k each) or nothing.
  const int above_gates = case_number % 4 == 0 ? 0 : case_number % 4 == 1 ? 1 : Cell::gates;
  const int above_units = 1 + case_number * 11 % 40;
  const auto transposed = [&](int gates, int units) {
    return TestOperand<S>(at.random,
                          {lanes, rows, units / lanes * gates, units % lanes > 0 ? gates : 0,
                           units % lanes, blocks, kPlainPanelBlocks});
  };
  const TestOperand<S> above = transposed(above_gates, above_units);
  const TestOperand<S> recurrent = transposed(case_number % 5 == 0 ? 0 : Cell::gates, at.units);
  const auto forward_saved = random_values<S>(at.random, at.slots * at.plane_size());
  const auto hidden = random_values<S>(at.random, at.plane_size());
  const auto cell =
      random_values<float>(at.random, std::max(1, Cell::states - 1) * at.plane_size());
  const auto old_d_state = random_values<float>(at.random, Cell::states * at.plane_size());
  auto saved = forward_saved;
  auto d_state = old_d_state;
  std::vector<S> d_sums(Cell::sums * at.plane_size());
  const BackwardStep<S> step{.rows = rows,
                             .unit_blocks = blocks,
                             .above = above.operand(),
                             .recurrent = recurrent.operand(),
                             .mask = at.mask,
                             .d_state = d_state.data(),
                             .d_state_stride = static_cast<int64_t>(at.plane_size()),
                             .d_state_block_stride = int64_t{rows} * lanes,
                             .saved = saved.data(),
                             .previous_hidden = hidden.data(),
                             .previous_cell = cell.data(),
                             .saved_stride = int64_t{rows} * at.slots * lanes,
                             .hidden_stride = int64_t{rows} * lanes,
                             .cell_state_stride = static_cast<int64_t>(at.plane_size()),
                             .d_sums = d_sums.data(),
                             .d_sums_stride = int64_t{rows} * lanes};
  kernels_of<S>(isa)->backward_step[static_cast<int>(kind)](step);

  for (int row = 0; row < rows; ++row) {
    for (int unit = 0; unit < at.units; ++unit) {
      const int block = unit / lanes, lane = unit % lanes;
      Real kept[Cell::saved], previous[Cell::states], d[Cell::states], d_sum[Cell::sums];
      for (int s = 0; s < Cell::saved; ++s) {
        kept[s] = double{value_of(forward_saved[at.saved_offset(unit, row, s)])};
      }
      previous[0] = double{value_of(hidden[at.hidden_offset(unit, row)])};
      for (int s = 1; s < Cell::states; ++s) {
        previous[s] = double{cell[at.operand_offset(s - 1, unit, row)]};
      }
      for (int s = 0; s < Cell::states; ++s)
        d[s] = double{old_d_state[at.operand_offset(s, unit, row)]};
      d[0] = d[0] + above.product(row, unit) * at.factor(row, unit) + recurrent.product(row, unit);
      Cell::backward(kept, previous, d, d_sum);
      for (int s = 0; s < Cell::states; ++s) {
        at.near(d_state, at.operand_offset(s, unit, row), d[s].value, "gradient of the state");
      }
      for (int s = 0; s < Cell::sums; ++s) {
        at.near(saved, at.saved_offset(unit, row, s), d_sum[s].value, "saved gradient");
        const size_t place =
            ((static_cast<size_t>(block) * Cell::sums + s) * rows + row) * lanes + lane;
        at.near(d_sums, place, d_sum[s].value, "gradient of a sum");
      }
    }
  }
}

class KernelSteps : public KernelTest {
 protected:
  template <class Check>
  void with_each_cell_and_size(const Check& check) {
    with_operands([&]<class S>() {
      for (const CellTraits& cell : kCells) {
        SCOPED_TRACE(std::string(cell.name));
        int case_number = 0;
        for (const RowsAndUnits size : rows_and_units<S>()) {
          with_cell(cell.kind, [&]<class Cell>() {
            check.template operator()<S, Cell>(cell.kind, size, ++case_number);
          });
          if (HasFatalFailure()) return;
        }
      }
    });
  }
};

TEST_P(KernelSteps, ForwardIsTheCellOfTheObviousSums) {
  with_each_cell_and_size(
      [&]<class S, class Cell>(CellKind kind, RowsAndUnits size, int case_number) {
        check_forward<S, Cell>(isa(), kind, size, case_number);
      });
}

TEST_P(KernelSteps, BackwardIsTheCellsGradientOfTheObviousSums) {
  with_each_cell_and_size(
      [&]<class S, class Cell>(CellKind kind, RowsAndUnits size, int case_number) {
        check_backward<S, Cell>(isa(), kind, size, case_number);
      });
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelSteps, testing::ValuesIn(kernel_sets(true)), name_of_set);

}  // namespace
}  // namespace charrnn::cpu
