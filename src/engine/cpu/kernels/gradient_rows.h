// The rows that a weight gradient sums over: those of all times, numbered through, in chunks.
#pragma once

#include "engine/cpu/kernels/operand_types.h"

namespace charrnn::cpu {

// Rows in a chunk: three vectors of d_sum are then 9 or 18 KiB of the nearest cache.
constexpr int kChunkRows = 96;

// The two arrays that are read.
enum class Side { kSums, kInputs };

// Rows of one time, and the offsets of the first of them in both arrays.
struct RowsOfTime {
  int count;
  int64_t sums, inputs;
};

// Whole times as far as they fit, or an equal part of one. The next chunk is given as a
// distance, so that the loops over this one can prefetch its rows.
template <class O>
class GradientChunk {
 public:
  using S = typename O::Stored;

  explicit GradientChunk(const WeightGradient<S>& gradient) : gradient_(gradient) {
    const int groups = gradient.rows / O::kGroup, most = kChunkRows / O::kGroup;
    parts_ = (groups + most - 1) / most;
    times_at_once_ = parts_ > 1 ? 1 : most / groups;
    fill();
  }

  // False after the last chunk.
  bool next() {
    first_ = false;
    if (++part_ == parts_) part_ = 0, time_ += times_at_once_;
    if (time_ >= gradient_.times) return false;
    fill();
    return true;
  }

  bool first() const { return first_; }
  bool last() const { return part_ + 1 == parts_ && time_ + times_at_once_ >= gradient_.times; }
  int rows() const { return rows_; }  // of all times
  int times() const { return times_; }
  const RowsOfTime& operator[](int i) const { return of_time_[i]; }
  int time(int i) const { return time_ + i; }
  int first_row() const { return row(part_); }

  // Distance from this chunk to the next in one of the arrays. Not after the last.
  int64_t to_next(Side side) const {
    const bool same_time = part_ + 1 < parts_;
    const int rows = (same_time ? row(part_ + 1) : 0) - row(part_);
    const int times = same_time ? 0 : times_at_once_;
    return side == Side::kSums ? sums_offset(times, rows) : inputs_offset(times, rows);
  }

 private:
  int row(int part) const {
    const int groups = gradient_.rows / O::kGroup;
    return static_cast<int>(int64_t{groups} * part / parts_) * O::kGroup;
  }
  int64_t sums_offset(int time, int row) const {
    return time * gradient_.d_sums_time_stride + int64_t{row} * gradient_.d_sums_row_stride;
  }
  int64_t inputs_offset(int time, int row) const {
    return time * gradient_.input_time_stride + int64_t{row} * O::V::kLanes;
  }
  void fill() {
    const int left = gradient_.times - time_, begin = row(part_);
    times_ = left < times_at_once_ ? left : times_at_once_;
    for (int i = 0; i < times_; ++i) {
      of_time_[i] = {row(part_ + 1) - begin, sums_offset(time_ + i, begin),
                     inputs_offset(time_ + i, begin)};
    }
    rows_ = times_ * of_time_[0].count;
  }

  const WeightGradient<S>& gradient_;
  int parts_, times_at_once_;
  int time_ = 0, part_ = 0, times_, rows_;
  bool first_ = true;
  RowsOfTime of_time_[kChunkRows];
};

// Of N vectors side by side, since one sum alone would wait for its own additions.
template <class O, int N>
void add_to_biases(const WeightGradient<typename O::Stored>& gradient,
                   const GradientChunk<O>& chunk, const GradientVector* vector) {
  using V = typename O::V;
  constexpr int group = O::kGroup;
  V sum[N];
  for (int n = 0; n < N; ++n) sum[n] = chunk.first() ? V(0.0f) : V::load(vector[n].biases);
  for (int i = 0; i < chunk.times(); ++i) {
    const auto* d = gradient.d_sums + chunk[i].sums;
    for (int row = 0; row < chunk[i].count; row += group, d += gradient.d_sums_row_stride * group) {
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) {
        V values[group];
        O::load_group(d + vector[n].d_sums, values);
#pragma GCC unroll 2
        for (int j = 0; j < group; ++j) sum[n] = sum[n] + values[j];
      }
    }
  }
  for (int n = 0; n < N; ++n) sum[n].store(vector[n].biases);
}

// Layer 0 starts from rows of a table: its sums' gradients also add up by symbol.
template <class O>
void add_to_table(const WeightGradient<typename O::Stored>& gradient, const GradientChunk<O>& chunk,
                  const GradientVector& vector) {
  using V = typename O::V;
  constexpr int group = O::kGroup;
  for (int i = 0; i < chunk.times(); ++i) {
    const auto* d = gradient.d_sums + vector.d_sums + chunk[i].sums;
    const int32_t* symbol =
        gradient.symbols + chunk.time(i) * gradient.symbol_time_stride + chunk.first_row();
    for (int row = 0; row < chunk[i].count; row += group, d += gradient.d_sums_row_stride * group) {
      V values[group];
      O::load_group(d, values);
#pragma GCC unroll 2
      for (int j = 0; j < group; ++j) {
        float* out = vector.table + symbol[row + j] * gradient.table_stride;
        (V::load(out) + values[j]).store(out);
      }
    }
  }
}

// What of N vectors needs no product.
template <class O, int N>
void add_to_biases_and_table(const WeightGradient<typename O::Stored>& gradient,
                             const GradientChunk<O>& chunk, const GradientVector* vector) {
  if (vector->biases != nullptr) add_to_biases<O, N>(gradient, chunk, vector);
  for (int n = 0; n < N; ++n) {
    if (vector[n].table != nullptr) add_to_table<O>(gradient, chunk, vector[n]);
  }
}

}  // namespace charrnn::cpu
