// Measures whether a model copies: compares a text that it generates with its training text.
#pragma once

#include <optional>
#include <string>

#include "engine/network.h"
#include "evaluate/copies.h"
#include "model/file/model_file.h"

namespace charrnn {

struct Copying {
  CopyReport report;
  std::string longest;  // verbatim
};

// Loads the model into the engine and generates some thousand characters. Takes about `seconds` at
// most; nothing if that is not enough for a thousand characters.
std::optional<Copying> measure_copying(Network& engine, const Model& model, IdView training,
                                       double seconds);

}  // namespace charrnn
