#include "session/baseline_line.h"

#include <cmath>

#include "base/json/json.h"

namespace charrnn {
namespace {

double number(const JsonValue& object, const char* key) {
  const JsonValue* found = object.find(key);
  return found != nullptr && found->is_number() ? found->get<double>() : std::nan("");
}

std::string words(const JsonValue& object, const char* key) {
  const JsonValue* found = object.find(key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string baseline_line(const Baseline& baseline) {
  JsonOutput line;
  if (std::isfinite(baseline.ngram_loss)) {
    line["ngram_loss"] = baseline.ngram_loss;
    line["ngram_context"] = baseline.ngram_context;
    if (std::isfinite(baseline.ngram_margin)) line["ngram_margin"] = baseline.ngram_margin;
    line["ngram_conclusive"] = baseline.ngram_is_conclusive;
    if (!baseline.ngram_note.empty()) line["ngram_note"] = baseline.ngram_note;
  }
  if (std::isfinite(baseline.compressor_bits_per_character)) {
    line["compressor_bits_per_character"] = baseline.compressor_bits_per_character;
    line["compressor"] = baseline.compressor;
    if (!baseline.compressor_note.empty()) line["compressor_note"] = baseline.compressor_note;
  }
  if (!line.empty() && baseline.scored_characters > 0) {
    line["baseline_characters"] = baseline.scored_characters;
  }
  return line.empty() ? std::string() : dump_json(line) + "\n";
}

std::optional<Baseline> read_baseline_line(const std::string& line) {
  try {
    const JsonValue object = parse_json(line);
    if (!object.is_object() || object.contains("step")) return std::nullopt;
    Baseline baseline;
    baseline.ngram_loss = number(object, "ngram_loss");
    baseline.ngram_margin = number(object, "ngram_margin");
    baseline.compressor_bits_per_character = number(object, "compressor_bits_per_character");
    if (std::isnan(baseline.ngram_loss) && std::isnan(baseline.compressor_bits_per_character)) {
      return std::nullopt;
    }
    const double context = number(object, "ngram_context");
    if (context >= 0 && context < 1e6) baseline.ngram_context = static_cast<int>(context);
    baseline.ngram_note = words(object, "ngram_note");
    const JsonValue* conclusive = object.find("ngram_conclusive");
    baseline.ngram_is_conclusive = conclusive != nullptr && conclusive->is_boolean()
                                       ? conclusive->get<bool>()
                                       : baseline.ngram_note.empty();
    baseline.compressor = words(object, "compressor");
    baseline.compressor_note = words(object, "compressor_note");
    const double scored = number(object, "baseline_characters");
    if (scored >= 2 && scored < 1e15) baseline.scored_characters = static_cast<int64_t>(scored);
    return baseline;
  } catch (const JsonError&) {
    return std::nullopt;
  }
}

}  // namespace charrnn
