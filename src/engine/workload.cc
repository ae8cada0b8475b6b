#include "engine/workload.h"

#include "base/thread_pool.h"
#include "model/cost.h"

namespace charrnn {
namespace {

// A recurrent network's steps follow one another, and on a GPU each costs a few microseconds
// however little there is to multiply; the arithmetic itself is all but free beside them. On a CPU
// it is the other way round. So small networks and single streams belong on the CPU, and wide
// batches on the GPU.
constexpr double kGpuStartSeconds = 0.5;  // driver and context, before anything is computed
constexpr double kGpuSecondsACall = 40e-6;
constexpr double kGpuSecondsASerialStep = 2.5e-6;
constexpr double kGpuFlops = 2e13;           // a second
constexpr double kCpuFlopsAThread = 7.5e10;  // a second

}  // namespace

Workload training_workload(const ModelConfig& config, int64_t steps, int64_t streams,
                           bool last_step_only) {
  // There and back.
  return {.calls = 1,
          .serial_steps = 2.0 * config.layers * static_cast<double>(steps),
          .flops = training_flops(config, steps, streams, last_step_only)};
}

Workload sampling_workload(const ModelConfig& config, int64_t streams) {
  return {.calls = 1,
          .serial_steps = 1.0 * config.layers,
          .flops = forward_flops(config) * static_cast<double>(streams)};
}

// An engine may read a long text as slices side by side, with fewer steps in a row than this.
Workload reading_workload(const ModelConfig& config, int64_t characters) {
  const auto count = static_cast<double>(characters);
  return {
      .calls = 1, .serial_steps = config.layers * count, .flops = forward_flops(config) * count};
}

double cpu_seconds(const Workload& work, int threads) {
  return work.flops / (kCpuFlopsAThread * (threads > 0 ? threads : usable_cores()));
}

double gpu_seconds(const Workload& work) {
  return kGpuStartSeconds + work.calls * kGpuSecondsACall +
         work.serial_steps * kGpuSecondsASerialStep + work.flops / kGpuFlops;
}

bool gains_by_gpu(const Workload& work, int threads) {
  return gpu_seconds(work) < cpu_seconds(work, threads);
}

}  // namespace charrnn
