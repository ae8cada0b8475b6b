#include "app/sample_options.h"

#include <fmt/core.h>

#include <array>

#include "app/process/signals.h"
#include "base/error.h"
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
              fmt::format("the prompt is too long: more than {} MB", kMaxPrompt >> 20),
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
  table.add("predict,n-predict,length,n", characters, "characters to write; -1: until Ctrl-C",
            {-1, int64_t{1} << 50});
  table.add("count", count, "number of texts", {1, 1 << 20});
  table.add("stop", stop, "the text ends before this; may be given several times", "STRING");
  table.add("escape,e", escape, "\\n, \\t, \\x41, \\u00e9 in prompt and stop strings");
  table.add_choice("unknown", unknown, "characters of the prompt that the model doesn't know",
                   {{"error", UnknownRule::kError}, {"skip", UnknownRule::kSkip}});
  table.add("no-display-prompt", hide_prompt, "the new text alone, without its prompt");
  table.add("raw", raw, "control characters as they are, on a terminal too");
  table.add("copies-from", copies_from, "report how much of the text is copied from this file",
            "FILE");

  table.group("Choosing the next character");
  table.add("temp,temperature", sampling.temperature,
            "below 1 safer, above 1 bolder; 0: always the likeliest", {0});
  table.add("top-k", sampling.top_k, "among the K likeliest; 0: off", {0});
  table.add("top-p", sampling.top_p, "among the likeliest that have this share together; 1: off",
            {0, 1});
  table.add("min-p", sampling.min_p, "none below this share of the likeliest's probability; 0: off",
            {0, 1});
  table.add("presence-penalty", sampling.presence_penalty,
            "subtracted from the score of what has been written", {-1000, 1000});
  table.add("frequency-penalty", sampling.frequency_penalty,
            "subtracted from the score each time it has been written", {-1000, 1000});

  model.declare(table);
}

void SampleOptions::check_together(bool json) const {
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw Error(ErrorKind::kUsage, "options_together", what, hint);
  };
  if (!prompt.empty() && !prompt_file.empty()) {
    refuse("--prompt and --file are both given: there is one prompt", "leave one of them out");
  }
  if (characters < 0 && count > 1) {
    refuse("endless texts come one at a time: --predict -1 with --count", "leave --count out");
  }
  if (characters < 0 && (json || !copies_from.empty())) {
    refuse(fmt::format("an endless text has no end to report: --predict -1 with {}",
                       json ? "--json" : "--copies-from"),
           "give --predict a number");
  }
  for (const std::string& string : stop) {
    if (string.empty()) refuse("--stop: a stop string is empty", "give at least one character");
  }
}

std::string SampleOptions::prompt_text(const CorpusOptions& reading) const {
  const std::string text = prompt_file.empty() ? prompt : read_prompt_file(prompt_file, reading);
  return escape ? unescape(text) : text;
}

std::vector<std::string> SampleOptions::stop_strings() const {
  std::vector<std::string> result;
  for (const std::string& string : stop) result.push_back(escape ? unescape(string) : string);
  return result;
}

}  // namespace charrnn
