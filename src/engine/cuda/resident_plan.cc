#include "engine/cuda/resident_plan.h"

#include <algorithm>
#include <optional>

namespace charrnn::cuda {
namespace {

constexpr int kWarps = 8, kTileUnits = 16, kStretchWords = 16, kStreams = 8, kThreads = 256;

int ceil_div(int a, int b) { return (a + b - 1) / b; }

std::optional<int> stretches_for(const ResidentWork& work) {
  const int needed = ceil_div(work.depth, kStretchWords * work.word_values * kWarps);
  for (const int count : kStretchCounts) {
    if (count >= needed) return count;
  }
  return {};
}

// A little more than the kernels ask for: partial sums, carried states, what others send.
size_t shared_bytes(const ResidentWork& work, const ResidentPlan& plan) {
  const size_t tiles = static_cast<size_t>(plan.unit_tiles) * work.tiles_a_unit_tile;
  const size_t partial = 2 * kWarps * (tiles * kStreams * 20 + 16);
  const size_t states = static_cast<size_t>(plan.turns()) * 2 * kThreads;
  const size_t row = work.depth / work.word_values + kStretchWords;
  const size_t incoming = plan.clustered ? 2 * plan.turns() * kStreams * row : 0;
  return (partial + states + incoming) * sizeof(float);
}

// Of one time, in units of about a microsecond.
double estimated_time(const ResidentWork& work, const ResidentPlan& plan) {
  const double fragments = 2.0 * plan.unit_tiles * work.tiles_a_unit_tile * plan.stretches;
  const double exchange = plan.clustered ? 0.3 : 1.0;
  return exchange + plan.turns() * (0.3 + fragments / kMostFragments);
}

}  // namespace

std::vector<ResidentPlan> plan_resident(const ResidentWork& work, const DeviceSize& device) {
  std::vector<ResidentPlan> plans;
  const std::optional<int> stretches = stretches_for(work);
  for (const int unit_tiles : {1, 2}) {
    for (const bool clustered : {false, true}) {
      const int tiles = unit_tiles * work.tiles_a_unit_tile;
      if (!stretches || 2 * tiles * *stretches > kMostFragments) continue;
      ResidentPlan plan;
      plan.unit_tiles = unit_tiles;
      plan.stretches = *stretches;
      plan.clustered = clustered;
      plan.group_blocks = work.hidden / (kTileUnits * unit_tiles);
      if (clustered && plan.group_blocks > kMostClusterBlocks) continue;
      const int groups = clustered ? device.clusters[plan.group_blocks]
                                   : device.multiprocessors / plan.group_blocks;
      if (groups == 0) continue;
      plan.groups = std::min(groups, work.streams);
      plan.group_streams = ceil_div(work.streams, plan.groups);
      plan.groups = ceil_div(work.streams, plan.group_streams);
      if (plan.turns() > kMostTurns) continue;
      if (shared_bytes(work, plan) > static_cast<size_t>(device.shared_bytes)) continue;
      plans.push_back(plan);
    }
  }
  std::ranges::stable_sort(plans, {}, [&](const auto& plan) { return estimated_time(work, plan); });
  return plans;
}

}  // namespace charrnn::cuda
