// Picks an engine and makes a network that reads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine_options.h"
#include "engine/network.h"

namespace charrnn {

// The CPU's instruction sets that this machine and this build have for a precision, fastest first.
std::vector<std::string> cpu_instruction_sets(Precision precision);

// Does the network that these options make compute bf16 faster than float32? kAuto: as on the CPU.
bool has_fast_bf16(const EngineOptions& options);

// The device that these options mean. kAuto is the GPU where the workload gains by it or the CPU
// lacks the instructions for the precision, else the CPU; a name of an instruction set means the
// CPU. A GPU is looked for only where it would be taken: that takes a moment.
Device chosen_device(const EngineOptions& options);
Device chosen_device(const EngineOptions& options, const std::function<bool()>& has_gpu);

// Is this a machine on which make_network would refuse the precision?
bool lacks_precision(const EngineOptions& options);

// Whether there is a GPU that this build can use. The first call takes a moment.
bool is_there_a_gpu();

// Throws Error (kUsage) where the options ask for a device there is not, before anything long is
// begun.
void check_device(const EngineOptions& options);

// Weights are zero: load_weights() comes next. Throws Error (kUsage) for an instruction set or
// device there is not.
std::unique_ptr<Network> make_network(const ModelConfig& config, const EngineOptions& options = {});

}  // namespace charrnn
