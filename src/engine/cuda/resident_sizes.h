// The sizes that resident kernels and their plans share.
#pragma once

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

}  // namespace charrnn::cuda
