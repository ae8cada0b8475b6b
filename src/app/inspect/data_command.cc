// charrnn data: what is in a text, and what a model of it must beat.
#include <chrono>

#include "app/command/command.h"
#include "app/command/usage.h"
#include "app/inspect/data_page.h"
#include "app/inspect/data_report.h"
#include "app/process/signals.h"
#include "app/terminal/word_wrap.h"
#include "base/error.h"
#include "base/json/json.h"
#include "text/corpus/corpus_options.h"

namespace charrnn {
namespace {

class DataCommand : public Command {
 public:
  std::string_view name() const override { return "data"; }
  std::string_view summary() const override {
    return "what is in a text, and the figures a model must beat";
  }
  std::string_view arguments() const override { return "TEXT…"; }
  std::string_view examples() const override {
    return "charrnn data shakespeare.txt\n"
           "charrnn data books/ --recursive --lowercase\n"
           "zcat wiki.gz | charrnn data - --json";
  }
  int max_arguments() const override { return -1; }
  std::vector<std::string_view> without_effect() const override {
    return {"verbose", "seed", "device", "isa"};
  }

  void declare(OptionTable& options) override {
    options.group("Text");
    declare_corpus_options(options, corpus_options_);
    options.add("val-fraction,val-frac", validation_fraction_,
                "share of the text, at its end, held out for scoring",
                {.min = 0, .max = 1, .open_max = true});
    options.group("Figures");
    options.add("max-order", max_order_, "the longest n-grams: this many characters of context",
                {0, 64});
    options.add("no-ngrams", no_ngrams_, "leave the n-grams out, which take longest");
    options.group("Page");
    options.add("top", top_, "how many of the most frequent characters are listed", {0, 1 << 21});
  }

  int run(Context& context) override {
    corpus_options_.should_stop = [] { return requested_signal() != 0; };
    if (context.arguments.empty()) throw missing_argument(context.command, "a text");
    if (no_ngrams_ && context.options.given(max_order_)) {
      throw Error(ErrorKind::kUsage, "options_together",
                  "--no-ngrams and --max-order are both given: there are no n-grams to limit",
                  "leave one of them out");
    }
    const auto progress = [&](std::string_view what) {
      if (requested_signal() != 0) throw ReadingStopped();
      show_progress(context, what);
    };
    try {
      progress("reading");
      const Corpus corpus = read_corpus(context.arguments, corpus_options_);
      DataLimits limits;
      limits.ngrams = !no_ngrams_;
      limits.ngram.max_context = max_order_;
      limits.threads = context.common.engine.threads;
      const DataReport report = make_data_report(corpus, validation_fraction_, limits, progress);
      show_progress(context, {});
      if (context.common.json) {
        context.out.line(dump_json(data_json(corpus, report)));
      } else {
        const std::string page = data_page(corpus, report, top_, context.out);
        context.out.write(fitted_page(context.out, page, 4, {context.program}));
      }
    } catch (...) {
      show_progress(context, {});
      throw;
    }
    return 0;
  }

 private:
  // One line that comes and goes, redrawn at most ten times a second; empty takes it away.
  void show_progress(const Context& context, std::string_view what) {
    if (!context.err.is_terminal() || context.common.quiet) return;
    const auto now = std::chrono::steady_clock::now();
    if (!what.empty() && now - shown_ < std::chrono::milliseconds(100)) return;
    shown_ = now;
    context.err.write("\r\x1b[K");
    if (!what.empty()) context.err.write(context.err.dim(std::string(what) + "…"));
    context.err.flush();
  }

  CorpusOptions corpus_options_;
  double validation_fraction_ = 0.1;
  int max_order_ = NgramLimits().max_context;
  bool no_ngrams_ = false;
  int top_ = 20;
  std::chrono::steady_clock::time_point shown_;
};

}  // namespace

std::unique_ptr<Command> make_data_command() { return std::make_unique<DataCommand>(); }

}  // namespace charrnn
