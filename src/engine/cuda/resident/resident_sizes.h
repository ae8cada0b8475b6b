// The sizes that resident kernels and their plans share.
#pragma once

#include <cstddef>

namespace charrnn::cuda {

inline constexpr int kWarps = 8;
inline constexpr int kThreads = 32 * kWarps;
inline constexpr int kStreams = 8;        // columns of one product of the matrix unit
inline constexpr int kPartRows = 8;       // rows of it: two parts, of eight rows each
inline constexpr int kStretchWords = 16;  // of the depth that a lane's four words are a quarter of

// Floats from one stream's sums to the next one's: the gap keeps them apart in the banks of shared
// memory (PartialSums).
constexpr int sums_stride(int parts) { return parts * kPartRows + 4; }
// Floats of all warps' sums, twice: two take turns.
constexpr int all_sums(int parts) { return 2 * kWarps * kStreams * sums_stride(parts); }

inline constexpr int kStretchCounts[] = {1, 2, 3, 4, 6, 8, 12, 16, 24};
enum class Turns { kOne, kTwo, kMore };
constexpr Turns turns_of(int turns) {
  return turns == 1 ? Turns::kOne : turns == 2 ? Turns::kTwo : Turns::kMore;
}

// What a kernel is compiled for: how many parts of units a block has, eight units each, and how
// many of rows for each of them (forward the gates, backward one); how many stretches of the depth
// a warp, rounded up to one of kStretchCounts; and in how many turns streams are taken.
struct Shape {
  int unit_parts;
  int parts_a_unit_part;
  int stretches;
  Turns turns;
  int word_values;  // of the operands: bf16 two, float32 one

  constexpr int parts() const { return unit_parts * parts_a_unit_part; }
  // Each stretch of each part of rows is a fragment of four registers. So many a thread can hold
  // beside everything else, with at most a few words of it in memory: the fewer, the more words of
  // streams it holds, and of two turns or more it holds them longer. Float32 is multiplied in
  // parts, which need registers too.
  constexpr int in_registers() const {
    int most = stretches > 16 ? 16 : stretches > 8 ? 24 : 32;
    if (word_values == 2) {
      const int spare = stretches > 16 ? 4 : stretches > 12 ? 2 : stretches > 8 ? 8 : 0;
      if (turns == Turns::kOne) most += spare;
      if (turns == Turns::kTwo) most += spare / 2;
      if (parts() <= 12 && stretches <= 3) most += 4;
    }
    return most < fragments() ? most : fragments();
  }
  // The others are in a block's shared memory.
  constexpr int in_shared() const { return fragments() - in_registers(); }
  constexpr int shared_floats() const { return in_shared() * kThreads * 4; }

 private:
  constexpr int fragments() const { return parts() * stretches; }
};

// Whether kernels are compiled for a shape: always with four parts of units, and with fewer where
// four would need shared memory, which is slower to read and may not suffice.
constexpr bool has_kernel(Shape shape) {
  constexpr int kMaxShared = 52;  // fragments, of 227 KB, with room for the rest
  if (shape.in_shared() > kMaxShared) return false;
  const bool four = shape.unit_parts == 4;
  shape.unit_parts = 4;
  shape.turns = Turns::kMore;
  return four || shape.in_shared() > 0;
}
// So many float32 fragments the compiler may hold in both their parts (operand.cuh).
inline constexpr int kMaxFragmentsInParts = 16;

}  // namespace charrnn::cuda
