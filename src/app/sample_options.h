// The options of `charrnn sample`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "generate/prompt.h"
#include "generate/sampler.h"
#include "text/corpus/corpus.h"

namespace charrnn {

struct SampleOptions {
  ModelOptions model;
  std::string prompt;
  std::string prompt_file;
  int64_t characters = 2000;
  SamplingSettings sampling;
  std::vector<std::string> stop;
  int count = 1;
  UnknownRule unknown = UnknownRule::kError;
  bool escape = false;
  bool hide_prompt = false;
  bool raw = false;
  std::string copies_from;

  void declare(OptionTable& table);
  // Throws Error (kUsage) for settings that exclude each other.
  void check_together(bool json) const;

  // -p, or the file's, read by these rules; escapes resolved.
  std::string prompt_text(const CorpusOptions& reading) const;
  std::vector<std::string> stop_strings() const;
};

}  // namespace charrnn
