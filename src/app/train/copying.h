// Whether a model copies: a text that it writes, held against the text it learned from.
#pragma once

#include <optional>
#include <string>

#include "engine/engine.h"
#include "evaluate/copies.h"
#include "model/file/model_file.h"

namespace charrnn {

struct Copying {
  CopyReport report;
  std::string longest;  // as it stands in the text
};

// Loads the model into the engine and lets it write some thousand characters. Takes about `seconds`
// at most; nothing where they do not suffice for a thousand characters.
std::optional<Copying> measure_copying(Engine& engine, const Model& model, IdView training,
                                       double seconds);

// One line, with how to read it.
std::string copying_text(const Copying& copying);

}  // namespace charrnn
