// The output of `charrnn eval`: a few rows for people, or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/command/command.h"
#include "engine/network.h"
#include "evaluate/evaluate.h"
#include "evaluate/ngram/baseline.h"
#include "evaluate/ngram/ngram.h"
#include "model/file/model_file.h"
#include "text/corpus/compression.h"

namespace charrnn {

// Everything that was measured.
struct EvalFigures {
  Evaluation evaluation;
  double seconds = 0;
  EngineInfo machine;
  int64_t unknown = 0;           // characters that the model doesn't know
  bool unknown_counted = false;  // else they are left out
  std::optional<Evaluation> dynamic;
  std::optional<NgramReport> ngram;
  CompressionReport compression;  // of no characters where there is none
  std::vector<float> surprise;    // bits, for --json

  // Of all characters, known or not.
  double unknown_share() const {
    const int64_t all = evaluation.characters + (unknown_counted ? 0 : unknown);
    return static_cast<double>(unknown) / static_cast<double>(all);
  }
  // What baselines, which are of known characters, are compared with.
  double comparable_loss() const {
    return evaluation.unknown > 0 ? evaluation.known_loss() : evaluation.loss;
  }
  double characters_per_second() const {
    return seconds > 0 ? static_cast<double>(evaluation.characters) / seconds : 0;
  }
};

// path: the model's, as it was given.
void print_eval(const Context& context, const std::string& path, const Model& model,
                const EvalFigures& figures);
// unit: "character" or "byte". with_surprise: includes the surprisals, of which there may be none.
void print_eval_json(const Context& context, const EvalFigures& figures, std::string_view unit,
                     bool with_surprise);

}  // namespace charrnn
