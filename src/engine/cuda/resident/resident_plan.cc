#include "engine/cuda/resident/resident_plan.h"

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

Shape shape_of(const ResidentWork& work, const ResidentPlan& plan) {
  return {plan.unit_parts, work.parts_a_unit_part, plan.stretches, turns_of(plan.turns()),
          work.word_values};
}

// What the kernels ask for: rows of the matrix, sums, carried states (of two kinds at most).
size_t shared_bytes(const Shape& shape, int turns) {
  const int states = turns * 2 * kThreads;
  return sizeof(float) *
         static_cast<size_t>(shape.shared_floats() + all_sums(shape.parts()) + states);
}

std::optional<ResidentPlan> plan_of(const ResidentWork& work, int unit_parts, int stretches,
                                    const DeviceSize& device) {
  const int units = unit_parts * kPartRows;
  if (work.hidden % units != 0) return {};
  ResidentPlan plan;
  plan.unit_parts = unit_parts;
  plan.stretches = stretches;
  plan.group_blocks = work.hidden / units;
  if (plan.group_blocks > device.multiprocessors) return {};
  plan.groups = std::min(device.multiprocessors / plan.group_blocks, work.streams);
  plan.group_streams = ceil_div(work.streams, plan.groups);
  plan.groups = ceil_div(work.streams, plan.group_streams);
  const size_t most_bytes = static_cast<size_t>(device.shared_bytes);
  const Shape shape = shape_of(work, plan);
  if (!has_kernel(shape)) return {};
  if (plan.turns() > max_turns(work.word_values) || shared_bytes(shape, plan.turns()) > most_bytes)
    return {};
  return plan;
}

}  // namespace

std::vector<ResidentPlan> resident_plans(const ResidentWork& work, const DeviceSize& device) {
  std::vector<ResidentPlan> plans;
  const std::optional<int> stretches = stretches_for(work);
  if (!stretches) return plans;
  for (const int unit_parts : {4, 3, 2}) {
    if (const auto plan = plan_of(work, unit_parts, *stretches, device)) plans.push_back(*plan);
  }
  return plans;
}

// Blocks of 32 units make the most groups, with the fewest streams each and the least to read from
// others. In float32, where some of their rows would be in shared memory, blocks of 24 read less
// from there at every time, and are faster unless that takes more turns; in bf16 they are not.
// Where 32 don't fit, 24 are faster than 16 unless much of theirs is in shared memory and no turn
// is saved. By measurement (bench/cuda_kernels.cc).
std::optional<ResidentPlan> plan_resident(const ResidentWork& work, const DeviceSize& device) {
  std::optional<ResidentPlan> best;
  for (const ResidentPlan& plan : resident_plans(work, device)) {
    const bool no_more_turns = best && plan.turns() <= best->turns();
    if (!best || (no_more_turns && plan.unit_parts == 3 && work.word_values == 1) ||
        (no_more_turns && best->unit_parts == 3 && shape_of(work, *best).in_shared() > 32)) {
      best = plan;
    }
  }
  return best;
}

}  // namespace charrnn::cuda
