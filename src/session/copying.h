// Measures whether a model copies: compares a text that it generates with its training text.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "engine/network.h"
#include "evaluate/copies.h"
#include "model/file/model_file.h"

namespace charrnn {

struct Copying {
  CopyReport report;
  std::string longest;  // verbatim
  // The same share of a piece of the held-out part as long as what was generated: what two texts of
  // one kind have in common. NaN if it was not measured.
  double held_out_share = std::numeric_limits<double>::quiet_NaN();
};

// Loads the model into the engine and generates some thousand characters. Takes about `seconds` at
// most; nothing if that is not enough for a thousand characters.
std::optional<Copying> measure_copying(Network& engine, const Model& model, IdView training,
                                       IdView held_out, double seconds);

}  // namespace charrnn
