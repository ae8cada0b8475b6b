#include "engine/cuda/resident_plan.h"

#include <algorithm>

namespace charrnn::cuda {
namespace {

constexpr int kWarps = 8, kTileUnits = 16, kStretchWords = 16, kStreams = 8;

int ceil_div(int a, int b) { return (a + b - 1) / b; }

std::optional<int> stretches_for(int depth, int word_values) {
  const int needed = ceil_div(depth, kStretchWords * word_values * kWarps);
  for (const int count : kStretchCounts) {
    if (count >= needed) return count;
  }
  return {};
}

}  // namespace

std::optional<ResidentPlan> plan_resident(int hidden, int depth, int tiles_a_unit_tile,
                                          int word_values, int streams, const DeviceSize& device) {
  const std::optional<int> stretches = stretches_for(depth, word_values);
  std::optional<ResidentPlan> best;
  double best_time = 0;
  for (const int unit_tiles : {1, 2}) {
    const int tiles = unit_tiles * tiles_a_unit_tile;
    if (!stretches || 2 * tiles * *stretches > kMostFragments) continue;
    ResidentPlan plan;
    plan.unit_tiles = unit_tiles;
    plan.stretches = *stretches;
    plan.group_blocks = hidden / (kTileUnits * unit_tiles);
    if (plan.group_blocks > device.multiprocessors) continue;
    plan.groups = std::min(device.multiprocessors / plan.group_blocks, streams);
    plan.group_streams = ceil_div(streams, plan.groups);
    plan.groups = ceil_div(streams, plan.group_streams);
    // Turns a time, each of which takes as long as an answer through memory and the products do: of
    // about the same size for the largest shapes.
    const double fragments = 2.0 * tiles * plan.stretches;
    const int turns = ceil_div(plan.group_streams, kStreams);
    if (turns > kMostTurns) continue;
    const double time = 1 + turns * (0.3 + fragments / kMostFragments);
    if (!best || time < best_time) best = plan, best_time = time;
  }
  return best;
}

}  // namespace charrnn::cuda
