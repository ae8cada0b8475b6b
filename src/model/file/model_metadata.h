// What a model file says in its `__metadata__`: the vocabulary, which nothing else tells; the
// configuration, which must agree with the shapes; and facts of the training.
#pragma once

#include <map>
#include <string>

#include "model/file/model_file.h"

namespace charrnn {

using Metadata = std::map<std::string, std::string>;

// The vocabulary of `size` characters. Throws Error (kModel).
Vocabulary read_vocabulary(const Metadata& metadata, int size, const std::string& path);

// Checks whatever the metadata says of the network against what its shapes say, and adds what they
// don't tell (one_hot). Keys may be missing. Throws Error (kModel).
ModelConfig read_config(const Metadata& metadata, ModelConfig from_shapes, const std::string& path);

// The keys that are not ours.
Metadata read_facts(const Metadata& metadata);

Metadata make_metadata(const Model& model);

}  // namespace charrnn
