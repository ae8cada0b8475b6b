// The options of `charrnn sample`.
#pragma once

#include <string>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "generate/generation_options.h"
#include "text/corpus/corpus.h"

namespace charrnn {

struct SampleOptions : GenerationOptions {
  ModelOptions model;
  std::string prompt;
  std::string prompt_file;
  bool hide_prompt = false;
  bool raw = false;
  std::string copies_from;

  void declare(OptionTable& table);
  // Throws Error (kUsage) for settings that exclude each other.
  void check_together(bool json) const;

  // -p, or the file's, read by these rules; escapes resolved.
  std::string prompt_text(const CorpusOptions& reading) const;
};

}  // namespace charrnn
