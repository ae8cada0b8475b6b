#include "app/sample_options.h"

#include <fmt/core.h>

#include <array>

#include "app/process/signals.h"
#include "base/error.h"
#include "base/short_number.h"
#include "text/characters/display.h"
#include "text/corpus/plain_text.h"
#include "text/corpus/source.h"

namespace charrnn {
namespace {

constexpr size_t kMaxPrompt = 16 << 20;  // bytes

void append(std::string& text, std::string_view piece) {
  text += piece;
  if (text.size() <= kMaxPrompt) return;
  throw Error(ErrorKind::kLimit, "prompt_too_long",
              fmt::format("the prompt is too long: more than {}", byte_size(kMaxPrompt)),
              "give the last part of it: a network remembers some thousand characters at most");
}

std::string read_prompt_file(const std::string& name, const CorpusOptions& reading) {
  const auto source = open_source(name, [] { return requested_signal() != 0; });
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (const size_t count = source->read(buffer)) append(text, {buffer.data(), count});
  return plain_text(text, reading, name == "-" ? "standard input" : in_quotes(name),
                    source->can_be_read_again() ? name : "");
}

}  // namespace

void SampleOptions::declare(OptionTable& table) {
  table.group("Text");
  table.add("prompt,primetext,start-text,p", prompt, "what the text begins with");
  table.add("file,f", prompt_file, "the prompt from a file; - is standard input", "FILE");
  declare_text(table);
  table.add("no-display-prompt", hide_prompt, "the new text alone, without its prompt");
  table.add("raw", raw, "control characters as they are, on a terminal too");
  table.add("copies-from", copies_from, "report how much of the text is copied from this file",
            "FILE");

  table.group("Choosing the next character");
  declare_choice(table);

  model.declare(table);
}

void SampleOptions::check_together(bool json) const {
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw Error(ErrorKind::kUsage, "options_together", what, hint);
  };
  if (!prompt.empty() && !prompt_file.empty()) {
    refuse("--prompt and --file are both given: there is one prompt", "leave one of them out");
  }
  if (characters < 0 && (json || !copies_from.empty())) {
    refuse(fmt::format("an endless text has no end to report: --predict -1 with {}",
                       json ? "--json" : "--copies-from"),
           "give --predict a number");
  }
  GenerationOptions::check_together();
}

std::string SampleOptions::prompt_text(const CorpusOptions& reading) const {
  const std::string text = prompt_file.empty() ? prompt : read_prompt_file(prompt_file, reading);
  return escape ? unescape(text) : text;
}

}  // namespace charrnn
