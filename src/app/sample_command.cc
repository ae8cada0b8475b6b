// charrnn sample: a model → text on stdout, as it is made.
#include <fmt/core.h>

#include <optional>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "app/process/signals.h"
#include "app/sample_options.h"
#include "app/sample_output.h"
#include "app/terminal/number_text.h"
#include "base/error.h"
#include "engine/machine_text.h"
#include "evaluate/copies.h"
#include "model/file/model_file.h"
#include "model/file/reading_rules.h"
#include "text/characters/display.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

constexpr int kReaderGoneExit = 141;  // 128 + SIGPIPE, as the shell says it

// Looks for what a text has from another one, read as the model reads texts.
class CopySearch {
 public:
  struct Result {
    CopyReport report;
    std::string longest;  // copy
  };

  CopySearch(const Model& model, const std::string& file)
      : vocabulary_(model.vocabulary), corpus_(read_corpus({file}, reading_rules(model))) {}

  Result in(const std::string& text) const {
    // Ids of the corpus; -1 for characters that it doesn't have, which stand in no copy.
    std::vector<int32_t> ids;
    for (const int32_t id : vocabulary_.encode(text).ids) {
      ids.push_back(corpus_.vocabulary.find(vocabulary_.symbols()[id]).value_or(-1));
    }
    const CopyReport report = find_copies(ids, view(corpus_.ids));
    std::vector<int32_t> longest(report.longest);
    corpus_.ids.copy(report.corpus_begin, longest);
    return {report, corpus_.vocabulary.text(longest)};
  }

 private:
  const Vocabulary& vocabulary_;
  Corpus corpus_;
};

class SampleCommand : public Command {
 public:
  std::string_view name() const override { return "sample"; }
  std::string_view summary() const override { return "write text with a model, as it is made"; }
  std::string_view arguments() const override { return "MODEL"; }
  std::string_view examples() const override {
    return "charrnn sample runs/shakespeare                  # 2000 characters\n"
           "charrnn sample runs/shakespeare -p 'ROMEO:' --temp 0.7 -n 500\n"
           "charrnn sample model.safetensors -n -1 --seed 7  # endless; the same every time\n"
           "charrnn sample names.safetensors --count 20 --stop $'\\n'";
  }
  int max_arguments() const override { return 1; }
  void declare(OptionTable& table) override { options_.declare(table); }

  int run(Context& context) override {
    options_.check_together(context.common.json);
    const Model model =
        read_model(only_model_argument(context, options_.model.model), options_.model.reading);
    const Prompt prompt =
        encode_prompt(with_line_ends_of(model, options_.prompt_text(reading_rules(model))),
                      model.vocabulary, options_.unknown);
    if (!prompt.skipped.empty()) {
      context.say(fmt::format("{} of the prompt left out: the model doesn't know {}",
                              counted(prompt.skipped.size(), "character"),
                              prompt.skipped.size() == 1 ? "it" : "them"));
    }
    const Seed& chosen = context.common.seed;
    const uint64_t seed = (chosen.is_chosen ? chosen : draw_seed()).value;
    context.say(context.err.dim(fmt::format("seed {}", seed)));
    return write(context, model, prompt, seed);
  }

 private:
  int write(Context& context, const Model& model, const Prompt& prompt, uint64_t seed) const {
    EngineOptions computing = context.common.engine;
    computing.workload = options_.workload(model.config(), prompt.ids.size());
    const auto engine = make_network(model.config(), computing);
    engine->load_weights(model.weights);
    Generator generator(*engine, model.vocabulary, options_.together());
    generator.forget_before(model.border());
    SampleOutput output(context, options_, prompt.text, model.vocabulary.encoding(), seed);
    std::optional<CopySearch> search;  // first: nothing is written where its text can't be read
    if (!options_.copies_from.empty()) {
      search.emplace(model, options_.copies_from);
      output.add_facts([&search](const std::string& text, JsonOutput& object) {
        const CopySearch::Result found = search->in(text);
        object["copied_share"] = found.report.share();
        object["longest_copy"] = found.report.longest;
        object["longest_copy_text"] = found.longest;
      });
    }
    options_.add_texts(generator, prompt.ids, seed, [&output](int i) { return output.sink(i); });
    output.begin();
    while (requested_signal() == 0 && !output.reader_gone() && generator.step()) {
    }
    if (output.reader_gone()) return kReaderGoneExit;
    const int signal = requested_signal();
    if (signal != 0) output.interrupt();
    output.flush();
    if (output.reader_gone()) return kReaderGoneExit;
    context.say(
        context.err.dim(fmt::format("{} ({})", pace_text(output.characters(), output.seconds()),
                                    machine_text(engine->info()))));
    if (signal != 0) return signal_exit_code(signal);
    if (search) report_copies(context, *search, output);
    return 0;
  }

  // On stderr, two lines for each text.
  void report_copies(const Context& context, const CopySearch& search,
                     const SampleOutput& output) const {
    for (int i = 0; i < options_.count; ++i) {
      const CopySearch::Result found = search.in(output.text(i));
      context.say(fmt::format(
          "{}{:.1f} % of the text stands word for word in {}, in parts of {} or more",
          options_.count > 1 ? fmt::format("text {}: ", i + 1) : "", 100 * found.report.share(),
          in_quotes(options_.copies_from), counted(found.report.minimum, "character")));
      context.say(fmt::format("the longest part that does has {}: \"{}\"",
                              counted(found.report.longest, "character"), escaped(found.longest)));
    }
  }

  SampleOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_sample_command() { return std::make_unique<SampleCommand>(); }

}  // namespace charrnn
