#include "engine/cuda/resident_plan.h"

#include <algorithm>
#include <optional>

namespace charrnn::cuda {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

std::optional<int> stretches_for(const ResidentWork& work) {
  const int needed = ceil_div(work.depth, kStretchWords * work.word_values * kWarps);
  for (const int count : kStretchCounts) {
    if (count >= needed) return count;
  }
  return {};
}

// A little more than the kernels ask for: rows of the matrix, partial sums, carried states.
size_t shared_bytes(const ResidentWork& work, const ResidentPlan& plan) {
  const int tiles = plan.unit_tiles * work.tiles_a_unit_tile;
  const size_t partial = size_t{2} * kWarps * warp_sums(tiles);
  const size_t states = static_cast<size_t>(plan.turns()) * 2 * kThreads;
  return (shared_rows(tiles, plan.stretches) + partial + states) * sizeof(float);
}

std::optional<ResidentPlan> plan_of(const ResidentWork& work, int unit_tiles, int stretches,
                                    const DeviceSize& device) {
  if (!has_kernel(unit_tiles, work.tiles_a_unit_tile, stretches)) return {};
  ResidentPlan plan;
  plan.unit_tiles = unit_tiles;
  plan.stretches = stretches;
  plan.group_blocks = work.hidden / (kTileRows * unit_tiles);
  if (plan.group_blocks > device.multiprocessors) return {};
  plan.groups = std::min(device.multiprocessors / plan.group_blocks, work.streams);
  plan.group_streams = ceil_div(work.streams, plan.groups);
  plan.groups = ceil_div(work.streams, plan.group_streams);
  const size_t most_bytes = static_cast<size_t>(device.shared_bytes);
  if (plan.turns() > kMostTurns || shared_bytes(work, plan) > most_bytes) return {};
  return plan;
}

}  // namespace

// Two tiles of units a block make the most groups, with the fewest streams each and the least to
// read from others: measured, one tile is hardly ever faster where two fit.
std::optional<ResidentPlan> plan_resident(const ResidentWork& work, const DeviceSize& device) {
  const std::optional<int> stretches = stretches_for(work);
  if (!stretches) return {};
  for (const int unit_tiles : {2, 1}) {
    if (const auto plan = plan_of(work, unit_tiles, *stretches, device)) return plan;
  }
  return {};
}

}  // namespace charrnn::cuda
