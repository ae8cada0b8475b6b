// The options of whoever asks a model for texts, declared once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "engine/workload.h"
#include "generate/generator.h"
#include "generate/prompt.h"
#include "generate/sampler.h"

namespace charrnn {

struct GenerationOptions {
  int64_t characters = 2000;  // -1: endless
  SamplingSettings sampling;
  std::vector<std::string> stop;
  int count = 1;  // texts
  UnknownRule unknown = UnknownRule::kError;
  bool escape = false;

  // How long the texts are, where they end, how the prompt is read.
  void declare_text(OptionTable& table);
  // How the next character is chosen.
  void declare_choice(OptionTable& table);
  // Throws Error (kUsage) for settings that exclude each other.
  void check_together() const;

  std::vector<std::string> stop_strings() const;  // escapes resolved
  // Texts that share a pass over the weights; further ones wait.
  int together() const;
  // Of all texts after a prompt of so many characters.
  Workload workload(const ModelConfig& config, size_t prompt) const;
  // Adds all texts; sink(i) receives the pieces of text i.
  void add_texts(Generator& generator, const std::vector<int32_t>& prompt, uint64_t seed,
                 const std::function<Generator::Sink(int)>& sink) const;
};

}  // namespace charrnn
