#include "app/inspect/eval_report.h"

#include <fmt/core.h>

#include <cmath>

#include "app/terminal/figures_text.h"
#include "app/terminal/number_text.h"
#include "app/terminal/word_wrap.h"
#include "base/json/json.h"
#include "engine/machine_text.h"
#include "evaluate/ngram/comparison.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

Baseline baseline_of(const EvalFigures& figures) {
  Baseline baseline;
  baseline.ngram_loss = figures.ngram->best_loss;
  baseline.ngram_margin = figures.ngram->best_margin;
  baseline.ngram_context = figures.ngram->best_context;
  baseline.ngram_note = figures.ngram->note;
  baseline.compressor_bits_per_character = figures.compression.bits_per_character;
  baseline.compressor = kCompressorName;
  return baseline;
}

// What the characters are to the figures that the model doesn't know.
template <class Row>
void print_unknown(const EvalFigures& figures, Encoding encoding, const Row& row,
                   const Terminal& out) {
  if (figures.unknown == 0) return;
  const double percent = 100 * figures.unknown_share();
  const std::string_view unit = unit_name(encoding);
  const std::string count = fmt::format("{} ({:.{}f} %) that the model doesn't know",
                                        counted(static_cast<uint64_t>(figures.unknown), unit),
                                        percent, percent < 10 ? 2 : 0);
  if (!figures.unknown_counted) {
    row("left out", out.warning(count + "; in no figure"));
    return;
  }
  row("unknown",
      out.warning(fmt::format("{}; each counts {:.2f} nats, as a uniform guess among all {} {}",
                              count, unknown_cost(encoding),
                              grouped(static_cast<uint64_t>(possible_characters(encoding))),
                              encoding == Encoding::kBytes ? "bytes" : "characters of Unicode")));
  const double known = figures.evaluation.known_loss();
  if (!std::isnan(known)) row("known", loss_text(known, NAN, unit) + " on the others");
}

}  // namespace

void print_eval(const Context& context, const std::string& path, const Model& model,
                const EvalFigures& figures) {
  const Evaluation& result = figures.evaluation;
  const Terminal& out = context.out;
  const auto row = [&out](std::string_view name, const std::string& value) {
    out.line(fmt::format("{:<12}{}", name, fitted(out, value, 12)));
  };
  const ModelConfig& config = model.config();
  const std::string_view unit = unit_name(model.vocabulary.encoding());
  row("model",
      fmt::format("{}: {}, {} × {}, {} known", in_quotes(path), cell_traits(config.cell).torch_name,
                  config.layers, config.hidden_size, counted(config.vocabulary_size, unit)));
  row("text",
      fmt::format("{} {}s; all but the first are predicted", grouped(result.characters), unit));
  row("loss", out.bold(loss_text(result.loss, result.margin, unit)) +
                  (std::isnan(result.margin) ? "" : " (± from the spread within this text)"));
  print_unknown(figures, model.vocabulary.encoding(), row, out);
  if (figures.dynamic) {
    const Evaluation& dynamic = *figures.dynamic;
    row("dynamic",
        fmt::format("{} while it keeps learning: {:+.4f}",
                    loss_text(dynamic.loss, dynamic.margin, unit), dynamic.loss - result.loss));
  }
  Baseline baseline;
  if (figures.ngram) {
    baseline = baseline_of(figures);
    row("baselines", fmt::format("{}; {} learned from", ngram_text(baseline, unit),
                                 grouped(figures.ngram->training_characters)));
    row("", compressor_text(baseline, unit));
  }
  const double perplexity = result.perplexity();
  row("perplexity", perplexity >= 1000 && perplexity < 1e15
                        ? grouped(static_cast<uint64_t>(std::llround(perplexity)))
                        : fmt::format("{:.2f}", perplexity));
  const double loss = figures.comparable_loss();
  const BestBaseline best = best_of(baseline, unit);
  const std::string beside = std::isnan(loss) ? "" : comparison_text(loss, best, unit);
  if (!beside.empty()) row("comparison", beside);
  row("speed", out.dim(fmt::format("{} ({})", pace_text(result.characters, figures.seconds, unit),
                                   machine_text(figures.machine))));
}

void print_eval_json(const Context& context, const EvalFigures& figures, std::string_view unit,
                     bool with_surprise) {
  const Evaluation& result = figures.evaluation;
  JsonOutput object;
  object["unit"] = unit;
  object["characters"] = result.characters;
  object["predicted"] = result.predicted;
  object["loss"] = result.loss;
  object["bits_per_character"] = result.bits_per_character();
  object["perplexity"] = result.perplexity();
  object["seconds"] = figures.seconds;
  object["characters_per_second"] = figures.characters_per_second();
  object["device"] = figures.machine.device;
  if (!std::isnan(result.margin)) object["loss_margin"] = result.margin;
  object["unknown_characters"] = figures.unknown;
  object["unknown_share"] = figures.unknown_share();
  if (figures.unknown > 0 && !figures.unknown_counted) object["skipped"] = figures.unknown;
  if (result.unknown > 0 && result.unknown < result.predicted) {
    object["known_loss"] = result.known_loss();
  }
  if (figures.dynamic) object["dynamic_loss"] = figures.dynamic->loss;
  if (figures.ngram) {
    object["ngram_loss"] = figures.ngram->best_loss;
    object["ngram_context"] = figures.ngram->best_context;
    object["ngram_characters"] = figures.ngram->training_characters;
    object["compressor_bits_per_character"] = figures.compression.bits_per_character;
  }
  if (with_surprise) object["surprise"] = figures.surprise;
  context.out.line(dump_json(object));
}

}  // namespace charrnn
