#include "app/inspect/data_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "app/terminal/figures_text.h"
#include "app/terminal/number_text.h"
#include "base/json/json.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr int kMaxBar = 30;  // columns

std::string plural(uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

// A bar of `share` (0 to 1) times `columns`, to an eighth of a column.
std::string bar(double share, int columns) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(share * columns * 8));
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  return text + std::string(kEighths[eighths % 8]);
}

std::string padded(std::string text, int columns) {
  const int missing = columns - display_width(text);
  return missing > 0 ? text.append(static_cast<size_t>(missing), ' ') : text;
}

class DataPage {
 public:
  DataPage(const Corpus& corpus, const DataReport& report, int top, const Terminal& terminal)
      : corpus_(corpus), report_(report), top_(top), terminal_(terminal) {}

  std::string make() {
    add_size();
    add_most_frequent();
    add_least_frequent();
    add_lines();
    add_entropies();
    add_figures();
    return std::move(text_);
  }

 private:
  void line(std::string_view text) { text_ += fmt::format("{}\n", text); }
  void heading(std::string_view text) { line(fmt::format("\n{}", terminal_.bold(text))); }
  int bar_columns(int before) const { return std::clamp(terminal_.width() - before, 0, kMaxBar); }

  std::string symbol(int32_t id) const {
    const char32_t symbol = corpus_.vocabulary.symbols()[id];
    if (corpus_.vocabulary.encoding() == Encoding::kBytes && symbol >= 0x80) {
      return fmt::format("'\\x{:02x}'", static_cast<uint32_t>(symbol));
    }
    return quoted_symbol(symbol);
  }
  std::string_view name(int32_t id) const {
    const char32_t symbol = corpus_.vocabulary.symbols()[id];
    if (corpus_.vocabulary.encoding() == Encoding::kBytes && symbol >= 0x80) return {};
    return symbol_name(symbol);
  }

  void add_size() {
    const size_t files = corpus_.document_begins.size();
    line(fmt::format("{}{}", terminal_.bold(printable(corpus_.name)),
                     files > 1 ? fmt::format("  {} files", files) : ""));
    const bool is_bytes = corpus_.vocabulary.encoding() == Encoding::kBytes;
    line(fmt::format("  {}{}, {} different", plural(corpus_.bytes, "byte", "bytes"),
                     is_bytes ? "" : ", " + units(corpus_.ids.size()), corpus_.vocabulary.size()));
    line(terminal_.dim(fmt::format("  held in {} a {} when training",
                                   plural(corpus_.ids.bytes_per_id(), "byte", "bytes"), unit_)));
    for (const std::string& note : corpus_.notes) {
      line(fmt::format("  {} {}", terminal_.warning("note:"), printable(note)));
    }
  }

  void add_most_frequent() {
    const size_t count = std::min<size_t>(top_, report_.by_count.size());
    if (count == 0) return;
    heading(fmt::format("Most frequent {}s", unit_));
    const double total = static_cast<double>(corpus_.ids.size());
    const double most = static_cast<double>(report_.counts[report_.by_count[0]]);
    const int count_columns = static_cast<int>(grouped(report_.counts[report_.by_count[0]]).size());
    int name_columns = 0;
    for (size_t i = 0; i < count; ++i) {
      name_columns = std::max(name_columns, display_width(label(report_.by_count[i])));
    }
    for (size_t i = 0; i < count; ++i) {
      const int32_t id = report_.by_count[i];
      const double times = static_cast<double>(report_.counts[id]);
      line(fmt::format(
          "  {}  {:>{}}  {:5.2f} %  {}", padded(label(id), name_columns),
          grouped(report_.counts[id]), count_columns, 100 * times / total,
          terminal_.accent(bar(times / most, bar_columns(name_columns + count_columns + 15)))));
    }
  }

  std::string label(int32_t id) const {
    const std::string_view called = name(id);
    return called.empty() ? symbol(id) : fmt::format("{} {}", symbol(id), called);
  }

  // The rest in one paragraph, the rarest first.
  void add_least_frequent() {
    const size_t shown = std::min<size_t>(top_, report_.by_count.size());
    const size_t count = std::min(report_.by_count.size() - shown, size_t{40});
    if (count == 0) return;
    heading("Rarest");
    std::string row(1, ' ');
    for (size_t i = 0; i < count; ++i) {
      const int32_t id = report_.by_count[report_.by_count.size() - 1 - i];
      const std::string entry = fmt::format(" {} {}{}", symbol(id), grouped(report_.counts[id]),
                                            i + 1 < count ? "," : "");
      if (display_width(row) + display_width(entry) > terminal_.width()) {
        line(row);
        row.assign(1, ' ');
      }
      row += entry;
    }
    line(row);
  }

  void add_lines() {
    const LineStatistics& lines = report_.lines;
    heading("Lines");
    const std::string mean = lines.mean_length < 1000 ? fmt::format("{:.1f}", lines.mean_length)
                                                      : grouped(std::llround(lines.mean_length));
    line(fmt::format("  {} of {} {}s on average (median {}, longest {} in line {})",
                     plural(lines.lines, "line", "lines"), mean, unit_,
                     grouped(lines.median_length), grouped(lines.max_length),
                     grouped(lines.longest_line)));
    if (lines.crlf + lines.cr > 0) {
      line(fmt::format("  ended by LF {}, by CRLF {}, by CR {}", times(lines.lf), times(lines.crlf),
                       times(lines.cr)));
    }
    if (!lines.ends_with_newline) {
      line(terminal_.dim(
          fmt::format("  {} has no line end", lines.lines == 1 ? "it" : "the last one")));
    }
  }

  void add_entropies() {
    heading(fmt::format("Entropy, bits per {}, by how many {}s before it are known", unit_, unit_));
    std::string row;
    for (size_t order = 0; order < report_.entropies.size(); ++order) {
      row += fmt::format("{}{} {}", order == 0 ? "  " : "   ",
                         terminal_.dim(fmt::format("{}:", order)),
                         terminal_.bold(fmt::format("{:.3f}", report_.entropies[order])));
    }
    line(row);
    const bool whole = report_.entropy_characters == corpus_.ids.size();
    line(terminal_.dim(
        fmt::format("  counted on {} and predicted by these counts: no figure for another text",
                    whole ? "the text itself" : "the first " + units(report_.entropy_characters))));
  }

  void add_figures() {
    const Split& parts = report_.parts;
    heading("Split");
    line(parts.validation.size == 0
             ? "  training: all of the text"
             : fmt::format("  training: the first {}; validation: the last {}",
                           units(parts.training.size), units(parts.validation.size)));
    if (!report_.has_figures) {
      line(terminal_.dim(parts.validation.size == 0
                             ? "  nothing is held out, so there are no baselines"
                             : "  too short to learn from one part and predict the other"));
      return;
    }
    add_bars();
    add_bar_notes();
  }

  void add_bars() {
    heading(
        fmt::format("Baselines: bits per {} of validation, having seen the training part", unit_));
    struct Row {
      std::string name;
      double bits;
    };
    std::vector<Row> rows = {
        {fmt::format("every {} alike", unit_), std::log2(corpus_.vocabulary.size())}};
    for (size_t context = 0; context < report_.ngram.losses.size(); ++context) {
      rows.push_back(
          {context == 0 ? "how often each occurs" : fmt::format("n-gram, {} before it", context),
           report_.ngram.losses[context] / std::numbers::ln2});
    }
    if (report_.compression.scored_characters > 0) {
      rows.push_back({std::string(kCompressorName), report_.compression.bits_per_character});
    }
    double most = 0, least = rows.front().bits;
    for (const Row& row : rows) most = std::max(most, row.bits);
    for (const Row& row : rows) least = std::min(least, row.bits);
    for (const Row& row : rows) {
      const std::string drawn = bar(most > 0 ? row.bits / most : 0, bar_columns(2 + 24 + 8 + 12));
      const bool best = row.bits == least;
      const std::string number = fmt::format("{:6.3f}", row.bits);
      line(fmt::format("  {:<24}{}  {}{}", row.name, best ? terminal_.bold(number) : number,
                       best ? terminal_.good(drawn) : terminal_.accent(drawn),
                       best ? terminal_.good("  the best") : ""));
    }
  }

  void add_bar_notes() {
    const auto note = [&](const std::string& text) {
      line(terminal_.dim(fmt::format("  {}", text)));
    };
    const size_t scored = report_.scored_characters;
    if (!report_.ngram.losses.empty()) {
      note(fmt::format("the best n-gram: {}",
                       loss_text(report_.ngram.best_loss, report_.ngram.best_margin, unit_)));
      if (std::isfinite(report_.ngram.best_margin)) {
        note("(± from the spread within the scored text; other texts can differ by more)");
      }
    }
    note("a network that needs more bits than the best of these has learned less than they have");
    if (scored < report_.parts.validation.size) {
      note(fmt::format("measured on the first {} of validation", grouped(scored)));
    }
    if (!report_.ngram.note.empty()) note(fmt::format("n-grams: {}", report_.ngram.note));
    const auto seen = static_cast<uint64_t>(report_.compression.training_characters);
    if (report_.compression.scored_characters > 0 && seen < report_.parts.training.size) {
      note(fmt::format("{} has seen the last {} of training", kCompressorName, grouped(seen)));
    }
    if (report_.copies.copied > 0) {
      line(fmt::format("  {} {:.1f} % of validation stands word for word in training",
                       terminal_.warning("note:"), 100 * report_.copies.share()));
      note(fmt::format("(stretches of {} {}s or more; the longest has {})", kLeakLength, unit_,
                       grouped(static_cast<uint64_t>(report_.copies.longest))));
    }
  }

  std::string units(uint64_t count) const {
    return plural(count, unit_, fmt::format("{}s", unit_));
  }
  static std::string times(uint64_t count) { return plural(count, "time", "times"); }

  const Corpus& corpus_;
  const std::string_view unit_ = unit_name(corpus_.vocabulary.encoding());
  const DataReport& report_;
  int top_;
  const Terminal& terminal_;
  std::string text_;
};

}  // namespace

std::string data_page(const Corpus& corpus, const DataReport& report, int top,
                      const Terminal& terminal) {
  return DataPage(corpus, report, top, terminal).make();
}

JsonOutput data_json(const Corpus& corpus, const DataReport& report) {
  JsonOutput json;
  json["text"] = corpus.name;
  json["files"] = corpus.document_begins.size();
  json["bytes"] = corpus.bytes;
  json["characters"] = corpus.ids.size();
  json["unit"] = unit_name(corpus.vocabulary.encoding());
  json["encoding"] = corpus.vocabulary.encoding() == Encoding::kBytes ? "bytes" : "utf-8";
  json["lowercase"] = corpus.vocabulary.lowercase();
  json["vocabulary_size"] = corpus.vocabulary.size();
  json["vocabulary"] = JsonOutput::array();
  for (int32_t id = 0; id < corpus.vocabulary.size(); ++id) {
    const char32_t symbol = corpus.vocabulary.symbols()[id];
    JsonOutput entry = {{"id", id}, {"code", static_cast<uint32_t>(symbol)}};
    entry["character"] = Vocabulary({symbol}, Encoding::kUtf8, false).text(0);
    entry["count"] = report.counts[id];
    json["vocabulary"].push_back(std::move(entry));
  }
  json["lines"] = {{"count", report.lines.lines},
                   {"mean_length", report.lines.mean_length},
                   {"median_length", report.lines.median_length},
                   {"max_length", report.lines.max_length},
                   {"longest_line", report.lines.longest_line},
                   {"lf", report.lines.lf},
                   {"crlf", report.lines.crlf},
                   {"cr", report.lines.cr},
                   {"ends_with_newline", report.lines.ends_with_newline}};
  json["entropy"] = report.entropies;
  json["entropy_characters"] = report.entropy_characters;
  json["training_characters"] = report.parts.training.size;
  json["validation_characters"] = report.parts.validation.size;
  json["ngram"] = nullptr;
  json["compressor"] = nullptr;
  json["copied_share"] = nullptr;
  if (report.has_figures) {
    json["scored_characters"] = report.scored_characters;
    std::vector<double> bits;
    for (const double loss : report.ngram.losses) bits.push_back(loss / std::numbers::ln2);
    if (!bits.empty())
      json["ngram"] = {{"bits_per_character", report.ngram.best_loss / std::numbers::ln2},
                       {"loss", report.ngram.best_loss},
                       {"loss_margin", report.ngram.best_margin},
                       {"context", report.ngram.best_context},
                       {"bits_by_context", bits},
                       {"training_characters", report.ngram.training_characters},
                       {"predicted", report.ngram.predicted}};
    json["compressor"] = {{"name", kCompressorName},
                          {"bits_per_character", report.compression.bits_per_character},
                          {"training_characters", report.compression.training_characters},
                          {"characters", report.compression.scored_characters}};
    json["copied_share"] = report.copies.share();
  }
  json["notes"] = corpus.notes;
  return json;
}

}  // namespace charrnn
