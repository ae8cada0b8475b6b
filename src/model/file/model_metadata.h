// The `__metadata__` of a model file: the vocabulary, which is stored nowhere else; the
// configuration, which must agree with the shapes; and facts of the training.
#pragma once

#include <map>
#include <string>

#include "model/file/model_file.h"

namespace charrnn {

using Metadata = std::map<std::string, std::string>;

// The vocabulary of `size` characters. Throws Error (kModel).
Vocabulary read_vocabulary(const Metadata& metadata, int size, const std::string& path);

// Checks the metadata against the configuration inferred from the shapes, and adds what shapes do
// not tell (one_hot). Keys may be missing. Throws Error (kModel).
ModelConfig read_config(const Metadata& metadata, ModelConfig from_shapes, const std::string& path);

// All other keys.
Metadata read_facts(const Metadata& metadata);

Metadata make_metadata(const Model& model);

}  // namespace charrnn
