#include "engine/declared_engine_options.h"

namespace charrnn {
namespace {

constexpr int kMaxThreads = 1024;  // as many as a process takes by itself at most

}  // namespace

void declare_engine_options(OptionTable& table, EngineOptions& options) {
  table
      .add("threads,t", options.threads, "CPU threads; 0: one for each core this process may use",
           {0, kMaxThreads})
      .in_config = false;
  table
      .add_choice("device", options.device,
                  "where to compute; auto: on the GPU if it is faster for this work",
                  {{"auto", Device::kAuto},
                   {"cpu", Device::kCpu},
                   {"cuda", Device::kCuda},
                   {"reference", Device::kReference}})
      .in_config = false;
  table.add("isa", options.isa, "use this instruction set of the CPU", "NAME").in_config = false;
}

}  // namespace charrnn
