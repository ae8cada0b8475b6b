// Kernels on single values: functions over their whole range, the optimizer, sums, the softmax.
#include "engine/cpu/testing/kernel_cases.h"
#include "model/optimizer.h"

namespace charrnn::cpu {
namespace {

class KernelValues : public KernelTest {
 protected:
  using Function = void (*)(const float*, float*, int64_t);

  float apply(Function function, float x) const {
    std::vector<float> values(isa().lanes, x);
    function(values.data(), values.data(), isa().lanes);
    return values[isa().lanes - 1];
  }

  // Calls check(x, function(x)) for floats of both signs over all magnitudes, evenly by their bits,
  // subnormal ones and the largest among them.
  template <class Check>
  void sweep(Function function, const Check& check) const {
    std::vector<float> x(isa().lanes), y(isa().lanes);
    uint32_t bits = 0;
    while (bits < 0x7f800000u) {
      for (float& value : x) {
        value = std::bit_cast<float>(bits | (bits % 2 << 31));
        bits = std::min(bits + 4093, 0x7f800000u);
      }
      function(x.data(), y.data(), isa().lanes);
      for (size_t i = 0; i < x.size(); ++i) check(x[i], y[i]);
      if (HasFatalFailure()) return;
    }
  }
};

// The distance in units in the last place of the true value (of the smallest normal number, where
// that is larger: subnormal results are 0).
double ulps(float value, double expected) {
  const double size = std::max(std::fabs(expected), 0x1p-126);
  return std::fabs(double{value} - expected) / std::ldexp(1.0, std::ilogb(size) - 23);
}

TEST_P(KernelValues, TanhIsWithinSixUnitsInTheLastPlace) {
  sweep(isa().floats->tanh, [&](float x, float y) {
    // Below 1e-35 a product on the way is subnormal.
    if (std::fabs(x) < 1e-35f) {
      ASSERT_LE(std::fabs(y - x), 2e-42f) << "tanh " << x;
    } else {
      ASSERT_LE(ulps(y, std::tanh(double{x})), 6) << "tanh " << x;
    }
    ASSERT_LE(std::fabs(y), 1) << "tanh " << x;
  });
  EXPECT_LE(ulps(apply(isa().floats->tanh, INFINITY), 1), 2);
  EXPECT_LE(ulps(apply(isa().floats->tanh, -INFINITY), -1), 2);
  EXPECT_TRUE(std::isnan(apply(isa().floats->tanh, kNaN)));
}

TEST_P(KernelValues, SigmoidIsWithinFourUnitsInTheLastPlace) {
  sweep(isa().floats->sigmoid, [&](float x, float y) {
    // Below -87 the exponential is cut off: 0 beside less than 2e-38.
    const double expected = 1 / (1 + std::exp(-double{x}));
    if (x < -87) {
      ASSERT_LE(std::fabs(y - expected), 2e-38) << "sigmoid " << x;
    } else {
      ASSERT_LE(ulps(y, expected), 4) << "sigmoid " << x;
    }
  });
  EXPECT_EQ(apply(isa().floats->sigmoid, INFINITY), 1);
  EXPECT_EQ(apply(isa().floats->sigmoid, -INFINITY), 0);
  EXPECT_TRUE(std::isnan(apply(isa().floats->sigmoid, kNaN)));
}

TEST_P(KernelValues, ExpIsWithinTwoUnitsInTheLastPlace) {
  sweep(isa().floats->exp, [&](float x, float y) {
    const double expected = std::exp(double{x});
    if (x < -87) {
      ASSERT_EQ(y, 0) << "exp " << x;
    } else if (expected > double{std::numeric_limits<float>::max()}) {
      ASSERT_EQ(y, INFINITY) << "exp " << x;
    } else {
      ASSERT_LE(ulps(y, expected), 2) << "exp " << x;
    }
  });
  EXPECT_EQ(apply(isa().floats->exp, 0), 1);
  EXPECT_EQ(apply(isa().floats->exp, INFINITY), INFINITY);
  EXPECT_EQ(apply(isa().floats->exp, -INFINITY), 0);
  EXPECT_TRUE(std::isnan(apply(isa().floats->exp, kNaN)));
}

TEST_P(KernelValues, SumAndSquareAddsAndSumsSquares) {
  MersenneTwister random(4);
  for (const int vectors : {1, 5, 64, 65, 200}) {
    const int64_t count = int64_t{vectors} * isa().lanes;
    auto a = random_values<float>(random, count);
    const auto b = random_values<float>(random, count), before = a;
    double alone = 0, together = 0;
    for (int64_t i = 0; i < count; ++i) {
      alone += double{a[i]} * double{a[i]};
      together += double{a[i] + b[i]} * double{a[i] + b[i]};
    }
    EXPECT_NEAR(isa().floats->sum_and_square(a.data(), nullptr, count), alone, 1e-5 * alone);
    EXPECT_EQ(a, before);
    EXPECT_NEAR(isa().floats->sum_and_square(a.data(), b.data(), count), together, 1e-5 * together);
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(a[i], before[i] + b[i]);
  }
}

TEST_P(KernelValues, UpdateIsTheOptimizersFormula) {
  MersenneTwister random(6);
  const size_t count = 3 * static_cast<size_t>(isa().lanes);
  for (const Optimizer optimizer : {Optimizer::kAdam, Optimizer::kRmsprop}) {
    for (const bool clipped : {false, true}) {
      for (const bool averaged : {false, true}) {
        UpdateFactors factors{.optimizer = optimizer,
                              .learning_rate = 0.01f,
                              .step_size = 0.02f,
                              .root_scale = 1.5f,
                              .beta1 = 0.9f,
                              .beta2 = 0.95f,
                              .epsilon = 1e-3f,
                              .decay = 0.97f,
                              .gradient_scale = 0.5f};
        if (clipped) factors.element_limit = 0.25f;
        if (averaged) factors.average_decay = 0.8f;
        auto w = random_values<float>(random, count), m = random_values<float>(random, count),
             v = random_values<float>(random, count), average = random_values<float>(random, count);
        const auto gradient = random_values<float>(random, count);
        for (float& x : v) x = std::fabs(x);
        const auto old_w = w, old_m = m, old_v = v, old_average = average;
        isa().floats->update({.weights = w.data(),
                              .first_moment = m.data(),
                              .second_moment = v.data(),
                              .average = averaged ? average.data() : nullptr,
                              .gradient = gradient.data(),
                              .count = static_cast<int64_t>(count),
                              .decays = !clipped},
                             factors);
        for (size_t i = 0; i < count; ++i) {
          double g = double{gradient[i]} * 0.5;
          if (clipped) g = std::clamp(g, -0.25, 0.25);
          double new_w = old_w[i], new_m = old_m[i], new_v = old_v[i];
          const double decay = clipped ? 1 : 0.97;
          if (optimizer == Optimizer::kAdam) {
            Adam<double>{decay, 0.9, 0.1, 0.95, 0.05, 0.02, 1.5, 1e-3}(new_w, new_m, new_v, g);
          } else {
            Rmsprop<double>{decay, 0.95, 0.05, 0.01, 1e-3}(new_w, new_m, new_v, g);
          }
          ASSERT_NEAR(w[i], new_w, 2e-6);
          ASSERT_NEAR(m[i], new_m, 2e-6);
          ASSERT_NEAR(v[i], new_v, 2e-6);
          const double mean = 0.8 * double{old_average[i]} + 0.2 * new_w;
          ASSERT_NEAR(average[i], averaged ? mean : double{old_average[i]}, 2e-6);
        }
      }
    }
  }
}

TEST_P(KernelValues, SoftmaxGivesLossAndGradientOfTheLogits) {
  with_operands([&]<class S>() {
    const int lanes = isa().lanes;
    MersenneTwister random(8);
    for (int size = 1; size <= 70; ++size) {
      const int blocks = (size + lanes - 1) / lanes;
      const int rows = (1 + size % 4) * kGroup<S>, real_rows = rows - size % 2;
      const float smoothing = size % 3 == 0 ? 0.0f : 0.2f;
      const int64_t stride = int64_t{blocks + 1} * lanes;
      auto logits = random_values<float>(random, rows * stride, 20);
      const auto before = logits;
      std::vector<int32_t> targets;
      for (int row = 0; row < rows; ++row) {
        targets.push_back(static_cast<int32_t>(random.u32() % static_cast<uint32_t>(size)));
      }
      std::vector<float> loss(rows, kNaN);
      std::vector<S> operand(static_cast<size_t>(blocks) * rows * lanes), saved = operand;
      kernels_of<S>(isa())->softmax_loss({.rows = rows,
                                          .real_rows = real_rows,
                                          .vocabulary_size = size,
                                          .logits = logits.data(),
                                          .row_stride = stride,
                                          .targets = targets.data(),
                                          .scale = 0.5f,
                                          .smoothing = smoothing,
                                          .loss = loss.data(),
                                          .operand = operand.data(),
                                          .operand_stride = int64_t{rows} * lanes,
                                          .saved = saved.data(),
                                          .saved_stride = int64_t{rows} * lanes});
      const SavedOffsets<S> places{lanes, rows, 1};
      for (int row = 0; row < rows; ++row) {
        const float* x = &before[row * stride];
        double most = *std::max_element(x, x + size), sum = 0;
        for (int i = 0; i < size; ++i) sum += std::exp(double{x[i]} - most);
        const bool real = row < real_rows;
        const double expected = std::log(sum) + most - double{x[targets[row]]};
        ASSERT_NEAR(loss[row], real ? expected : 0, 1e-5) << size << " characters";
        // The padding too: products read it.
        for (int i = 0; i < blocks * lanes; ++i) {
          double d = 0;
          if (i < size && real) {
            d = (std::exp(double{x[i]} - most) / sum - double{smoothing} / size) / 2;
          }
          if (i == targets[row] && real) d -= 0.5 * (1 - double{smoothing});
          const size_t place = (static_cast<size_t>(i / lanes) * rows + row) * lanes + i % lanes;
          ASSERT_NEAR(value_of(operand[place]), d, tolerance<S>(d)) << size << " characters";
          ASSERT_NEAR(value_of(saved[places(i / lanes, row, 0, i % lanes)]), d, tolerance<S>(d));
        }
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelValues, testing::ValuesIn(kernel_sets(true)), name_of_set);

}  // namespace
}  // namespace charrnn::cpu
