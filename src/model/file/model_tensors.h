// Finds a network's tensors in a file and infers the architecture from their shapes.
#pragma once

#include <string>
#include <vector>

#include "model/config.h"
#include "model/file/safetensors.h"

namespace charrnn {

struct ModelTensors {
  ModelConfig config;  // one_hot is not in the shapes: false
  // In the order of parameter_layout(config). nullptr: a bias that the network does without.
  std::vector<const SafetensorsEntry*> entries;
  std::vector<std::string> notes;  // tensors that are in the file and not used
};

// Checks that each tensor is present once, with consistent shapes and a floating-point type; else
// throws Error (kModel) with name, expected and found.
// prefix: before each tensor's name; then only the notebook's names are known (without it those of
// tensor_names.h), no bias may be missing, and what else the file holds is not noted.
ModelTensors find_model_tensors(const SafetensorsFile& file, const std::string& prefix = "");

inline constexpr std::string_view kTensorNamesHint =
    "docs/model-file.md has the names and shapes that a model must have";

[[noreturn]] void throw_bad_model(std::string code, const std::string& why, const std::string& path,
                                  std::string hint);

}  // namespace charrnn
