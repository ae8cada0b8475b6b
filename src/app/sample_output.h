// Prints the texts of `charrnn sample` in order: the current one as it is generated, later ones
// when their turn comes. On a terminal each of several has a title; elsewhere there is nothing but
// the texts, each of several ended with a line feed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/command/command.h"
#include "app/sample_options.h"
#include "app/terminal/stdout_stream.h"
#include "app/terminal/terminal_text.h"
#include "base/json/json.h"
#include "generate/generator.h"

namespace charrnn {

class SampleOutput {
 public:
  SampleOutput(const Context& context, const SampleOptions& options, std::string prompt,
               Encoding encoding, uint64_t seed);

  // Adds to the JSON object of a text what is known of it.
  using AddFacts = std::function<void(const std::string& text, JsonOutput& object)>;
  void add_facts(AddFacts add) { add_facts_ = std::move(add); }

  void begin();
  Generator::Sink sink(int index);
  // Ends what is not finished, with "signal" as the reason.
  void interrupt();
  void flush() { stream_.flush(); }

  bool reader_gone() const { return stream_.reader_gone(); }
  int64_t characters() const { return characters_; }  // of all texts
  double seconds() const;
  // Of text `index`; kept only where something needs it.
  const std::string& text(int index) const { return texts_[index].text; }

 private:
  struct Text {
    std::string text;  // generated, without the prompt
    int64_t characters = 0;
    double seconds = 0;
    std::string finish;  // empty: running
  };

  void take(int index, const TextPiece& piece);
  void open(int index);
  void close(int index);
  void show(std::string_view text);
  void print_json(const Text& text);
  bool keeps_text() const { return context_.common.json || !options_.copies_from.empty(); }

  const Context& context_;
  const SampleOptions& options_;
  std::string prompt_;
  Encoding encoding_;
  uint64_t seed_;
  bool escape_;  // for a terminal
  AddFacts add_facts_;
  StdoutStream& stream_ = standard_output();
  TerminalText terminal_text_;
  bool at_line_begin_ = true;
  std::vector<Text> texts_;
  int current_ = 0;  // the text on stdout
  int64_t characters_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace charrnn
