// Finds a network's tensors in a file and infers the architecture from their shapes.
#pragma once

#include <string>
#include <vector>

#include "model/config.h"
#include "model/file/safetensors.h"

namespace charrnn {

struct ModelTensors {
  ModelConfig config;                            // one_hot is not in the shapes: false
  std::vector<const SafetensorsEntry*> entries;  // in the order of parameter_layout(config)
  std::vector<std::string> notes;                // tensors that are in the file and not used
};

// Checks that each tensor is present once, with consistent shapes and a floating-point type; else
// throws Error (kModel) with name, expected and found.
// prefix: before each tensor's name; then only PyTorch's names are known, and what else the file
// holds is not noted.
ModelTensors find_model_tensors(const SafetensorsFile& file, const std::string& prefix = "");

[[noreturn]] void throw_bad_model(std::string code, const std::string& why, const std::string& path,
                                  std::string hint);

}  // namespace charrnn
