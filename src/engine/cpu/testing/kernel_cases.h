// What the tests of single kernels share: the sets to test, and operands beside the obvious loop
// over them. Included by tests alone.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "engine/cpu/kernels/kernels.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {

// 16 lanes and 32 registers in the compiler's own terms: the shapes of the AVX-512 kernels, on any
// processor; and the kernels for tile registers (wide_kernels_test.cc).
extern const Isa kWide;
extern const Isa kWideTiles;

struct KernelSet {
  const Isa* isa;
  bool bf16;
};

inline std::vector<KernelSet> kernel_sets(bool with_bf16) {
  std::vector<KernelSet> sets = {{&kWide, false}};
  for (const Isa* isa : float32_isas()) sets.push_back({isa, false});
  if (!with_bf16) return sets;
  for (const Isa* isa : usable_isas()) {
    if (isa->bfloat16 != nullptr) sets.push_back({isa, true});
  }
  sets.push_back({&kWide, true});
  sets.push_back({&kWideTiles, true});
  return sets;
}

inline std::string name_of_set(const testing::TestParamInfo<KernelSet>& info) {
  std::string name = info.param.isa->name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name + (info.param.bf16 ? "_operands_bf16" : "");
}

class KernelTest : public testing::TestWithParam<KernelSet> {
 protected:
  const Isa& isa() const { return *GetParam().isa; }
  // Calls check.template operator()<S>() for the operands of the set.
  template <class Check>
  void with_operands(const Check& check) {
    if (GetParam().bf16) {
      check.template operator()<Bf16>();
    } else {
      check.template operator()<float>();
    }
  }
};

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

template <class S>
constexpr int kGroup = std::is_same_v<S, float> ? 1 : 2;

inline float value_of(float x) { return x; }
inline float value_of(Bf16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16); }

// Rounded to S: to the nearest, ties to even. (Through the exact distance to both neighbours, not
// by the kernels' trick.)
template <class S>
S stored(float x) {
  if constexpr (std::is_same_v<S, float>) {
    return x;
  } else {
    const auto below = static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16);
    if (std::isinf(x)) return {below};
    if (std::isnan(x)) return {static_cast<uint16_t>(below | 0x40)};
    const auto above = static_cast<uint16_t>(below + 1);
    const float down = std::fabs(x - value_of(Bf16{below})),
                up = std::fabs(value_of(Bf16{above}) - x);
    return {down < up || (down == up && below % 2 == 0) ? below : above};
  }
}

// How far a stored value may be from the true one: sums are floats, so a few hundred roundings that
// mostly cancel, and then one to S.
template <class S>
double tolerance(double value) {
  return 1e-5 + (std::is_same_v<S, float> ? 0 : std::fabs(value) / 256);
}

template <class S>
std::vector<S> random_values(MersenneTwister& random, size_t count, float bound = 1) {
  std::vector<S> values(count);
  for (S& value : values) value = stored<S>(random.uniform(-bound, bound));
  return values;
}

// Offsets in the saved layout [block][rows][slots][W] (bf16: [block][rows / 2][slots][W][2]).
template <class S>
struct SavedOffsets {
  int lanes, rows, slots;
  size_t operator()(int block, int row, int slot, int lane) const {
    constexpr int group = kGroup<S>;
    const size_t pair = static_cast<size_t>(block) * (rows / group) + row / group;
    return ((pair * slots + slot) * lanes + lane) * group + row % group;
  }
};

// A random operand [rows][k] and panels of weights [k][vectors × W]. What a kernel must not touch
// is NaN: weights and values beyond each block's count of k, but for the other half of a pair,
// which is 0.
template <class S>
class TestOperand {
 public:
  struct Shape {
    int lanes, rows;
    int full_blocks, tail_blocks, tail;  // blocks of W values of k, then such of `tail`
    int vectors, panel_vectors;
  };

  TestOperand(MersenneTwister& random, const Shape& shape) : shape_(shape) {
    const int lanes = shape.lanes;
    values_.assign(static_cast<size_t>(blocks()) * shape.rows * lanes, stored<S>(kNaN));
    weights_.assign(static_cast<size_t>(blocks()) * lanes * shape.vectors * lanes, stored<S>(kNaN));
    const float bound = 1 / std::sqrt(static_cast<float>(blocks() * lanes + 1));
    for (int block = 0; block < blocks(); ++block) {
      // In another order than they come in.
      offsets_.push_back((blocks() - 1 - block) * shape.rows * lanes);
      const int group = kGroup<S>;
      for (int lane = 0; lane < (count(block) + group - 1) / group * group; ++lane) {
        const bool real = lane < count(block);
        for (int row = 0; row < shape.rows; ++row) {
          values_[offsets_[block] + row * lanes + lane] =
              stored<S>(real ? random.uniform(-1, 1) : 0);
        }
        for (int n = 0; n < shape.vectors * lanes; ++n) {
          weights_[weight_offset(block * lanes + lane, n)] =
              stored<S>(real ? random.uniform(-bound, bound) : 0);
        }
      }
    }
  }

  Operand<S> operand() const {
    return {.values = values_.data(),
            .offset = offsets_.data(),
            .blocks = blocks(),
            .full_blocks = shape_.full_blocks,
            .tail = shape_.tail,
            .weights = weights_.data(),
            .panel_stride = int64_t{blocks()} * shape_.lanes * shape_.panel_vectors * shape_.lanes};
  }

  // sum_k of operand[row][k] weights[k][column]
  double product(int row, int column) const {
    double sum = 0;
    for (int block = 0; block < blocks(); ++block) {
      for (int lane = 0; lane < count(block); ++lane) {
        sum += double{value_of(values_[offsets_[block] + row * shape_.lanes + lane])} *
               double{value_of(weights_[weight_offset(block * shape_.lanes + lane, column)])};
      }
    }
    return sum;
  }

 private:
  int blocks() const { return shape_.full_blocks + shape_.tail_blocks; }
  int count(int block) const { return block < shape_.full_blocks ? shape_.lanes : shape_.tail; }
  size_t weight_offset(int k, int column) const {
    constexpr int group = kGroup<S>;
    const int lanes = shape_.lanes, vector = column / lanes;
    const int panel = vector / shape_.panel_vectors, first = panel * shape_.panel_vectors;
    const int vectors = std::min(shape_.panel_vectors, shape_.vectors - first);
    const size_t start = static_cast<size_t>(first) * blocks() * lanes * lanes;
    return start +
           ((static_cast<size_t>(k / group) * vectors + vector - first) * lanes + column % lanes) *
               group +
           k % group;
  }

  Shape shape_;
  std::vector<S> values_, weights_;
  std::vector<int32_t> offsets_;
};

// Numbers of rows and units: each number of rows up to a few tiles, each number of units up to
// some blocks, with a changing other.
struct RowsAndUnits {
  int rows, units;
};
template <class S>
std::vector<RowsAndUnits> rows_and_units() {
  constexpr int group = kGroup<S>;
  std::vector<RowsAndUnits> sizes;
  for (int rows = 1; rows <= 17; ++rows) sizes.push_back({rows * group, 1 + 29 * rows % 70});
  for (int units = 1; units <= 70; ++units) sizes.push_back({(1 + units * 5 % 17) * group, units});
  return sizes;
}

}  // namespace charrnn::cpu
