// How much there is to compute, and whether a GPU would have done it sooner than the CPU: what the
// device is chosen by where that is left to us.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace charrnn {

// Of everything that an engine is made for. All zero: not known.
struct Workload {
  double calls = 0;         // of the engine
  double serial_steps = 0;  // layers × characters: each has to wait for the one before
  double flops = 0;         // of products alone, as model/cost.h counts them

  friend Workload operator*(const Workload& work, double times) {
    return {work.calls * times, work.serial_steps * times, work.flops * times};
  }
  friend Workload operator+(const Workload& a, const Workload& b) {
    return {a.calls + b.calls, a.serial_steps + b.serial_steps, a.flops + b.flops};
  }
};

// Times that something is done which nobody has set an end to.
inline constexpr double kEndless = 1e9;

// Of one optimizer step.
Workload training_workload(const ModelConfig& config, int64_t steps, int64_t streams,
                           bool last_step_only);
// Of one character for each of so many streams.
Workload sampling_workload(const ModelConfig& config, int64_t streams);
// Of one stream that reads a text.
Workload reading_workload(const ModelConfig& config, int64_t characters);

// Estimated. threads: those that a CPU engine would get, as in EngineOptions.
double cpu_seconds(const Workload& work, int threads);
double gpu_seconds(const Workload& work);

// Whether a GPU's estimated time, start-up included, is shorter than the CPU's. False for an
// unknown workload.
bool gains_by_gpu(const Workload& work, int threads);

}  // namespace charrnn
