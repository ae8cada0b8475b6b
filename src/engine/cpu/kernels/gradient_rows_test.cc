// The rows of a weight gradient, chunk by chunk: which they are, and where the next ones begin.
#include "engine/cpu/kernels/gradient_rows.h"

#include <gtest/gtest.h>

#include <utility>

namespace charrnn::cpu {
namespace {

struct Set;
template <int lanes, int group>
struct Operands {
  using V = FloatVector<lanes, Set>;
  using Stored = float;
  static constexpr int kGroup = group;
};

// The rows of d_sums are three vectors long.
template <int lanes, int group>
void check_chunks(int times, int rows) {
  const WeightGradient<float> gradient{.times = times,
                                       .rows = rows,
                                       .input_time_stride = 10'000,
                                       .d_sums_time_stride = 100'000,
                                       .d_sums_row_stride = 3 * lanes};
  GradientChunk<Operands<lanes, group>> chunk(gradient);
  int64_t next_sums = 0, next_inputs = 0;
  int seen = 0;
  do {
    EXPECT_EQ(chunk.first(), seen == 0);
    EXPECT_EQ(chunk[0].sums, next_sums);
    EXPECT_EQ(chunk[0].inputs, next_inputs);
    int in_chunk = 0;
    for (int i = 0; i < chunk.times(); ++i) {
      const int time = seen / rows, row = seen % rows;
      EXPECT_EQ(chunk.time(i), time);
      EXPECT_EQ(chunk.first_row(), row);
      EXPECT_EQ(chunk[i].sums, time * 100'000 + row * 3 * lanes);
      EXPECT_EQ(chunk[i].inputs, time * 10'000 + row * lanes);
      EXPECT_GT(chunk[i].count, 0);
      EXPECT_EQ(chunk[i].count % group, 0);
      in_chunk += chunk[i].count;
      seen += chunk[i].count;
    }
    EXPECT_EQ(chunk.rows(), in_chunk);
    EXPECT_LE(in_chunk, kChunkRows);
    EXPECT_EQ(chunk.last(), seen == times * rows);
    if (chunk.last()) continue;
    next_sums = chunk[0].sums + chunk.to_next(Side::kSums);
    next_inputs = chunk[0].inputs + chunk.to_next(Side::kInputs);
  } while (chunk.next());
  EXPECT_EQ(seen, times * rows);
}

template <int lanes>
void check_sizes() {
  SCOPED_TRACE(testing::Message() << lanes << " lanes");
  for (const auto& [times, rows] :
       {std::pair{1, 2}, {7, 2}, {200, 2}, {5, 32}, {7, 40}, {3, 96}, {3, 98}, {2, 500}}) {
    SCOPED_TRACE(testing::Message() << times << " times, " << rows << " rows");
    check_chunks<lanes, 1>(times, rows);
    check_chunks<lanes, 2>(times, rows);
  }
  check_chunks<lanes, 1>(4, 97);
  check_chunks<lanes, 1>(1, 301);
}

TEST(GradientRows, EachRowIsInOneChunkAndTheNextBeginsWhereItSays) {
  check_sizes<4>();
  check_sizes<8>();
  check_sizes<16>();
}

}  // namespace
}  // namespace charrnn::cpu
