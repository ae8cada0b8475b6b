// The device as text for people.
#pragma once

#include <string>

#include "engine/network.h"

namespace charrnn {

// "CPU, avx2, 2 threads", "GPU, NVIDIA H100 80GB HBM3, bf16"; float32 is not mentioned.
std::string machine_text(const EngineInfo& info);

}  // namespace charrnn
