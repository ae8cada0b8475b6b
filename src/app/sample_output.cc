#include "app/sample_output.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json/json.h"

namespace charrnn {
namespace {

const char* reason_name(FinishReason reason) {
  return reason == FinishReason::kStop ? "stop" : "length";
}

int64_t count_characters(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::kBytes) return static_cast<int64_t>(text.size());
  return std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; });
}

}  // namespace

SampleOutput::SampleOutput(const Context& context, const SampleOptions& options, std::string prompt,
                           Encoding encoding, uint64_t seed)
    : context_(context),
      options_(options),
      prompt_(std::move(prompt)),
      encoding_(encoding),
      seed_(seed),
      escape_(context.out.is_terminal() && !options.raw),
      texts_(options.count) {}

double SampleOutput::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void SampleOutput::begin() { open(0); }

Generator::Sink SampleOutput::sink(int index) {
  return [this, index](const TextPiece& piece) { take(index, piece); };
}

void SampleOutput::take(int index, const TextPiece& piece) {
  Text& text = texts_[index];
  const int64_t count = count_characters(piece.text, encoding_);
  text.characters += count;
  characters_ += count;
  if (index == current_) show(piece.text);
  if (index != current_ || keeps_text()) text.text += piece.text;
  if (piece.finish == FinishReason::kNone) return;
  text.finish = reason_name(piece.finish);
  text.seconds = seconds();
  while (current_ < options_.count && !texts_[current_].finish.empty()) {
    close(current_++);
    if (current_ < options_.count) open(current_);
  }
}

void SampleOutput::interrupt() {
  for (Text& text : texts_) {
    if (!text.finish.empty()) continue;
    text.finish = "signal";
    text.seconds = seconds();
  }
  if (current_ < options_.count) close(current_);
  while (++current_ < options_.count) {
    if (texts_[current_].characters == 0) continue;
    open(current_);
    close(current_);
  }
  stream_.flush();
}

void SampleOutput::open(int index) {
  if (context_.common.json) return;
  if (options_.count > 1 && context_.out.is_terminal()) {
    const std::string title = fmt::format("───── {} of {} ─────", index + 1, options_.count);
    stream_.write(fmt::format("{}{}\n", index == 0 ? "" : "\n", context_.out.dim(title)));
  }
  if (!options_.hide_prompt && !prompt_.empty()) {
    TerminalText terminal_prompt;
    const std::string shown =
        escape_ ? terminal_prompt.feed(prompt_) + terminal_prompt.finish() : prompt_;
    stream_.write(context_.out.bold(shown));
    at_line_begin_ = prompt_.ends_with('\n');
  }
  show(texts_[index].text);
  if (!keeps_text()) texts_[index].text.clear();
}

void SampleOutput::close(int index) {
  if (context_.common.json) return print_json(texts_[index]);
  if (escape_) stream_.write(terminal_text_.finish());
  const bool needs_line = context_.out.is_terminal() || options_.count > 1;
  if (needs_line && !at_line_begin_) stream_.write("\n");
  at_line_begin_ = true;
  stream_.flush();
}

void SampleOutput::show(std::string_view text) {
  if (context_.common.json || text.empty()) return;
  stream_.write(escape_ ? terminal_text_.feed(text) : std::string(text));
  at_line_begin_ = text.ends_with('\n');
}

void SampleOutput::print_json(const Text& text) {
  JsonOutput object;
  object["prompt"] = prompt_;
  object["text"] = text.text;
  object["characters"] = text.characters;
  object["finish_reason"] = text.finish;
  object["seed"] = seed_;
  object["seconds"] = text.seconds;
  object["characters_per_second"] =
      text.seconds > 0 ? static_cast<double>(text.characters) / text.seconds : 0;
  if (add_facts_) add_facts_(text.text, object);
  stream_.write(dump_json(object) + "\n");
  stream_.flush();
}

}  // namespace charrnn
