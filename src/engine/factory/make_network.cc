#include "engine/factory/make_network.h"

#include <fmt/core.h>

#include "base/error.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/reference/reference_network.h"

namespace charrnn {
namespace {

// A precision that the CPU would refuse, or only emulate.
bool is_beyond_the_cpu(const EngineOptions& options) {
  return options.precision == Precision::kBfloat16 && !has_fast_bf16(options);
}

}  // namespace

std::vector<std::string> cpu_instruction_sets(Precision precision) {
  return cpu::available_isas(precision);
}

bool has_fast_bf16(const EngineOptions& options) {
  if (options.device == Device::kReference) return false;
  if (options.device == Device::kCuda) return true;
  const cpu::Isa& isa = cpu::choose_isa(options.isa, Precision::kFloat32);
  return isa.bfloat16 != nullptr && !isa.emulates_bf16;
}

Device chosen_device(const EngineOptions& options, const std::function<bool()>& has_gpu) {
  if (options.device != Device::kAuto) return options.device;
  if (!options.isa.empty() || options.parts != 0) return Device::kCpu;
  const bool wants_gpu =
      gains_by_gpu(options.workload, options.threads) || is_beyond_the_cpu(options);
  return wants_gpu && has_gpu() ? Device::kCuda : Device::kCpu;
}

Device chosen_device(const EngineOptions& options) {
  return chosen_device(options, is_there_a_gpu);
}

bool lacks_precision(const EngineOptions& options) {
  return options.precision == Precision::kBfloat16 && chosen_device(options) == Device::kCpu &&
         cpu::choose_isa(options.isa, Precision::kFloat32).bfloat16 == nullptr;
}

bool is_there_a_gpu() { return why_no_cuda().empty(); }

void check_device(const EngineOptions& options) {
  if (options.parts != 0 &&
      (options.device == Device::kCuda || options.device == Device::kReference)) {
    throw Error(
        ErrorKind::kUsage, "options_together",
        fmt::format("--parts {}: only the CPU's engine cuts batches into parts", options.parts),
        "use --device cpu, or begin a run without --parts");
  }
  if (options.device != Device::kCuda) return;
  if (!options.isa.empty()) {
    throw Error(ErrorKind::kUsage, "options_together",
                "--isa names an instruction set of the CPU, and --device cuda is the GPU",
                "leave one of them out");
  }
  require_cuda();
}

std::unique_ptr<Network> make_network(const ModelConfig& config, const EngineOptions& options) {
  check_device(options);
  switch (chosen_device(options)) {
    case Device::kReference:
      return std::make_unique<reference::ReferenceNetwork>(config);
    case Device::kCuda:
      return make_cuda_network(config, options);
    case Device::kAuto:
    case Device::kCpu:
      break;
  }
  return cpu::make_cpu_network(config, options);
}

}  // namespace charrnn
