// Products, weight gradients and the forms of weights, of each set, against obvious loops.
#include "engine/cpu/testing/kernel_cases.h"

namespace charrnn::cpu {
namespace {

class KernelProducts : public KernelTest {};

template <class S>
void check_product(const Isa& isa, int rows, int inputs, int vectors, int panel_vectors,
                   bool with_start) {
  const int lanes = isa.lanes, columns = vectors * lanes;
  MersenneTwister random(static_cast<uint64_t>(rows * 100 + inputs));
  const TestOperand<S> operand(random, {lanes, rows, inputs / lanes, inputs % lanes > 0,
                                        inputs % lanes, vectors, panel_vectors});
  const auto start = random_values<float>(random, columns);
  const int64_t row_stride = columns + 3;
  std::vector<float> out(rows * row_stride, -5);
  kernels_of<S>(isa)->product({.rows = rows,
                               .vectors = vectors,
                               .panel_vectors = panel_vectors,
                               .start = with_start ? start.data() : nullptr,
                               .operand = operand.operand(),
                               .out = out.data(),
                               .row_stride = row_stride});
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const double expected =
          operand.product(row, column) + (with_start ? double{start[column]} : 0);
      ASSERT_NEAR(out[row * row_stride + column], expected, 1e-5)
          << rows << " rows, " << inputs << " inputs, " << vectors << " vectors";
    }
    for (int i = columns; i < row_stride; ++i) ASSERT_EQ(out[row * row_stride + i], -5);
  }
}

TEST_P(KernelProducts, ProductIsTheObviousSum) {
  with_operands([&]<class S>() {
    for (const auto [rows, inputs] : rows_and_units<S>()) {
      for (const int panel_vectors : {2, 3, 4}) {
        // The last panel may be narrower.
        const int vectors = 1 + (rows + inputs) % (2 * panel_vectors);
        check_product<S>(isa(), rows, inputs, vectors, panel_vectors, inputs % 2 == 0);
        if (HasFatalFailure()) return;
      }
    }
  });
}

// So many inputs that the rows use a panel's weights in several parts, whatever the set; few
// and many tiles of rows.
TEST_P(KernelProducts, ProductsOfManyInputsGoOnWithTheSumsOfTheirParts) {
  with_operands([&]<class S>() {
    for (const int rows : {2, 8, 34}) {
      check_product<S>(isa(), rows, 2309, 5, 4, true);
      if (HasFatalFailure()) return;
    }
  });
}

template <class S>
void check_weight_gradient(const Isa& isa, int times, int rows, int inputs, int vectors) {
  const int lanes = isa.lanes, blocks = (inputs + lanes - 1) / lanes, slots = vectors + 1;
  MersenneTwister random(static_cast<uint64_t>(rows * 100 + inputs));
  const SavedOffsets<S> input_places{lanes, rows, 1}, sum_places{lanes, rows, slots};
  const int64_t input_time = int64_t{blocks} * rows * lanes + 2 * lanes;
  const int64_t sums_time = int64_t{2} * rows * slots * lanes;
  const auto input = random_values<S>(random, times * input_time);
  const auto d_sums = random_values<S>(random, times * sums_time);
  const auto block_of = [](int vector) { return vector % 2; };
  const auto slot_of = [&](int vector) { return slots - 1 - vector; };
  // Each vector's k are as far apart as if it stood in a panel of its own width.
  const auto place = [&](int vector, int k) {
    return (static_cast<size_t>(vector) * blocks * lanes + k) * (vector + 1) * lanes;
  };
  std::vector<float> weights(place(vectors, 0), kNaN), biases(vectors * lanes, kNaN);
  // Every other vector adds up by symbol, too, to what is there already.
  constexpr int kSymbols = 5;
  std::vector<int32_t> symbols(times * (rows + 1));
  for (int32_t& symbol : symbols) symbol = static_cast<int32_t>(random.u32() % kSymbols);
  const int table_stride = (vectors + 1) * lanes;
  auto table = random_values<float>(random, kSymbols * table_stride);
  std::vector<double> expected_table(table.begin(), table.end());
  std::vector<GradientVector> targets;
  for (int vector = 0; vector < vectors; ++vector) {
    targets.push_back(
        {.d_sums = static_cast<int64_t>(sum_places(block_of(vector), 0, slot_of(vector), 0)),
         .weights = weights.data() + place(vector, 0),
         .stride = int64_t{vector + 1} * lanes,
         .biases = biases.data() + vector * lanes,
         .table = vector % 2 == 0 ? &table[vector * lanes] : nullptr});
  }
  kernels_of<S>(isa)->weight_gradient({.times = times,
                                       .rows = rows,
                                       .input = input.data(),
                                       .input_time_stride = input_time,
                                       .input_block_stride = int64_t{rows} * lanes,
                                       .inputs = inputs,
                                       .d_sums = d_sums.data(),
                                       .d_sums_time_stride = sums_time,
                                       .d_sums_row_stride = slots * lanes,
                                       .vector = targets.data(),
                                       .vectors = vectors,
                                       .symbols = symbols.data(),
                                       .symbol_time_stride = rows + 1,
                                       .table_stride = table_stride});
  const auto d_sum = [&](int time, int row, int n) {
    const int vector = n / lanes;
    return double{value_of(
        d_sums[time * sums_time + sum_places(block_of(vector), row, slot_of(vector), n % lanes)])};
  };
  for (int n = 0; n < vectors * lanes; ++n) {
    double bias = 0;
    for (int time = 0; time < times; ++time) {
      for (int row = 0; row < rows; ++row) {
        bias += d_sum(time, row, n);
        if (n / lanes % 2 != 0) continue;
        expected_table[symbols[time * (rows + 1) + row] * table_stride + n] += d_sum(time, row, n);
      }
    }
    const double tolerance = 2e-5 + 4e-7 * times * rows;  // long sums have larger partial ones
    for (int symbol = 0; symbol < kSymbols; ++symbol) {
      const int i = symbol * table_stride + n;
      ASSERT_NEAR(table[i], expected_table[i], tolerance);
    }
    if (inputs == 0) continue;
    ASSERT_NEAR(biases[n], bias, tolerance);
    for (int k = 0; k < inputs; ++k) {
      double sum = 0;
      for (int time = 0; time < times; ++time) {
        for (int row = 0; row < rows; ++row) {
          const S x = input[time * input_time + input_places(k / lanes, row, 0, k % lanes)];
          sum += double{value_of(x)} * d_sum(time, row, n);
        }
      }
      ASSERT_NEAR(weights[place(n / lanes, k) + n % lanes], sum, tolerance)
          << times << " times, " << rows << " rows, " << inputs << " inputs, " << vectors
          << " vectors, k " << k;
    }
  }
}

TEST_P(KernelProducts, WeightGradientIsTheObviousSum) {
  with_operands([&]<class S>() {
    for (const auto [rows, inputs] : rows_and_units<S>()) {
      for (const int vectors : {1, 2, 3, 4, 7}) {
        // Now and then more rows than a chunk holds, in several times.
        const int times = inputs % 8 == 0 ? 15 : 1 + inputs % 3;
        check_weight_gradient<S>(isa(), times, rows, inputs, vectors);
        if (HasFatalFailure()) return;
      }
    }
  });
}

TEST_P(KernelProducts, WeightGradientOfMoreThanIsCopiedAtOnce) {
  with_operands([&]<class S>() { check_weight_gradient<S>(isa(), 19, 28, 1037, 4); });
}

TEST_P(KernelProducts, WeightGradientOfChunksThatAreSeveralTimesOrPartsOfOne) {
  with_operands([&]<class S>() {
    for (const auto& [times, rows] : {std::pair{7, 40}, {3, 96}, {3, 98}, {2, 202}, {250, 2}}) {
      check_weight_gradient<S>(isa(), times, rows, 37, 5);
      if (HasFatalFailure()) return;
    }
  });
}

TEST_P(KernelProducts, GradientOfATableAloneNeedsNoInputs) {
  with_operands([&]<class S>() {
    for (const auto& [times, rows] : {std::pair{1, 2}, {7, 40}, {2, 202}}) {
      check_weight_gradient<S>(isa(), times, rows, 0, 4);
      if (HasFatalFailure()) return;
    }
  });
}

// The value that stands at row k, column n of panels two blocks of n wide.
template <class S>
S in_plain_panels(const std::vector<S>& panels, int lanes, int k_count, int blocks, int k, int n) {
  constexpr int group = kGroup<S>;
  const int first = n / lanes / kPlainPanelBlocks * kPlainPanelBlocks;
  const int width = std::min(kPlainPanelBlocks, blocks - first);
  const size_t start = static_cast<size_t>(first) * lanes * k_count;
  return panels[start +
                ((static_cast<size_t>(k / group) * width + n / lanes - first) * lanes + n % lanes) *
                    group +
                k % group];
}

template <class S>
void check_pack(const Isa& isa, int blocks, int panels, int vectors) {
  const int lanes = isa.lanes, all = panels * vectors;
  MersenneTwister random(static_cast<uint64_t>(blocks * 10 + panels));
  const size_t panel_size = static_cast<size_t>(blocks) * lanes * vectors * lanes;
  const auto weights = random_values<float>(random, panels * panel_size);
  std::vector<S> forward(panel_size * panels), transposed(panel_size * panels);
  for (int panel = 0; panel < panels; ++panel) {
    for (const auto& [first, last] : {std::pair{0, blocks / 2}, std::pair{blocks / 2, blocks}}) {
      kernels_of<S>(isa)->pack({.weights = &weights[panel * panel_size],
                                .first_block = first,
                                .last_block = last,
                                .blocks = blocks,
                                .vectors = vectors,
                                .forward = &forward[panel * panel_size],
                                .transposed = transposed.data(),
                                .first_vector = panel * vectors,
                                .all_vectors = all});
    }
  }
  for (int panel = 0; panel < panels; ++panel) {
    for (int k = 0; k < blocks * lanes; ++k) {
      for (int n = 0; n < vectors * lanes; ++n) {
        const size_t row = panel * panel_size + static_cast<size_t>(k) * vectors * lanes;
        const float expected = value_of(stored<S>(weights[row + n]));
        constexpr int group = kGroup<S>;
        const size_t pair =
            panel * panel_size + static_cast<size_t>(k / group) * group * vectors * lanes;
        ASSERT_EQ(value_of(forward[pair + n * group + k % group]), expected);
        const int from_row = panel * vectors * lanes + n;
        ASSERT_EQ(value_of(in_plain_panels(transposed, lanes, all * lanes, blocks, from_row, k)),
                  expected)
            << blocks << " blocks, panel " << panel << ", k " << k << ", column " << n;
      }
    }
  }
}

TEST_P(KernelProducts, PackCopiesAndTransposes) {
  with_operands([&]<class S>() {
    for (int blocks = 1; blocks <= 5; ++blocks) {
      for (int vectors = 1; vectors <= 4; ++vectors) {
        check_pack<S>(isa(), blocks, 1 + blocks % 3, vectors);
        if (HasFatalFailure()) return;
      }
    }
  });
}

TEST_P(KernelProducts, OperandsAndRecordsHoldRoundedValues) {
  with_operands([&]<class S>() {
    const int lanes = isa().lanes;
    constexpr int rows = 6;
    MersenneTwister random(5);
    auto values = random_values<float>(random, rows * lanes, 100);
    // Ties (to even, up and down), the largest that stays finite, infinities and NaN.
    const float special[] = {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 0x1.fep127f, -INFINITY, kNaN, -0.0f};
    std::copy(std::begin(special), std::end(special), values.begin() + rows);
    std::vector<S> operand(values.size()), saved(values.size());
    kernels_of<S>(isa())->inference.to_operands(values.data(), static_cast<int64_t>(values.size()),
                                                operand.data());
    kernels_of<S>(isa())->to_saved(values.data(), rows, saved.data());
    const SavedOffsets<S> places{lanes, rows, 1};
    for (int row = 0; row < rows; ++row) {
      for (int lane = 0; lane < lanes; ++lane) {
        const float expected = value_of(stored<S>(values[row * lanes + lane]));
        for (const S value : {operand[row * lanes + lane], saved[places(0, row, 0, lane)]}) {
          if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(value_of(value)));
          } else {
            EXPECT_EQ(value_of(value), expected);
          }
        }
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelProducts, testing::ValuesIn(kernel_sets(true)), name_of_set);

}  // namespace
}  // namespace charrnn::cpu
