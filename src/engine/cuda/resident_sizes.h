// The sizes that resident kernels and their plans share.
#pragma once

#include <cstddef>

namespace charrnn::cuda {

inline constexpr int kWarps = 8;
inline constexpr int kThreads = 32 * kWarps;
inline constexpr int kStreams = 8;        // columns of one product of the matrix unit
inline constexpr int kTileRows = 16;      // rows of it
inline constexpr int kStretchWords = 16;  // of the depth that a lane's four words are a quarter of

// Floats of one warp's sums for kStreams streams: of `tiles` tiles, with gaps that keep rows apart
// in the banks of shared memory (PartialSums).
inline constexpr int kSumsStride = kTileRows + 4;
constexpr int warp_sums(int tiles) { return tiles * kStreams * kSumsStride + kTileRows; }

// A kernel's shape is how many tiles of units a block has, and how many stretches of the depth a
// warp: rounded up to one of these.
inline constexpr int kStretchCounts[] = {1, 2, 3, 4, 6, 8, 12, 16};
// Each stretch of each tile of rows is two fragments of four registers. So many a thread can hold
// beside everything else; the more words of streams it holds, the fewer.
constexpr int fragments_in_registers(int stretches) { return stretches > 8 ? 24 : 32; }
constexpr int stretches_in_registers(int tiles, int stretches) {
  const int most = fragments_in_registers(stretches) / (2 * tiles);
  return most < stretches ? most : stretches;
}
// Floats of a block's shared memory that hold the others.
constexpr size_t shared_rows(int tiles, int stretches) {
  return size_t{2} * tiles * (stretches - stretches_in_registers(tiles, stretches)) * kThreads * 4;
}
// The shapes that there are kernels for: two tiles of units; and one where two need much shared
// memory, which a GPU may not have.
constexpr bool has_kernel(int unit_tiles, int tiles_a_unit_tile, int stretches) {
  const int fragments = 2 * tiles_a_unit_tile * stretches;  // of one tile of units
  return fragments <= 32 && (unit_tiles == 2 || 2 * fragments > fragments_in_registers(stretches));
}
// So many float32 fragments the compiler may hold in both their parts (operand.cuh).
inline constexpr int kMostFragmentsInParts = 16;

}  // namespace charrnn::cuda
