// The engine for processors: packed weights, one instruction set's kernels, a pool of threads.
#pragma once

#include <memory>
#include <string>

#include "base/thread_pool.h"
#include "engine/cpu/kernels/kernels.h"
#include "engine/engine_options.h"
#include "engine/trainable_network.h"

namespace charrnn::cpu {

// The set of that name, or the fastest this machine has (for that precision) where name is empty.
// Throws Error (kUsage) where it does not exist, the machine lacks it or it lacks bf16.
const Isa& choose_isa(const std::string& name, Precision precision);
// Names of the sets that this program holds and this machine has, the fastest first; those with
// bf16 where it is asked for.
std::vector<std::string> available_isas(Precision precision = Precision::kFloat32);

// One that only reads has no moments, and none of the forms of the weights that learning needs.
std::unique_ptr<Network> make_cpu_network(const ModelConfig& config, const EngineOptions& options);
std::unique_ptr<TrainableNetwork> make_trainable_cpu_network(const ModelConfig& config,
                                                             const EngineOptions& options);

}  // namespace charrnn::cpu
