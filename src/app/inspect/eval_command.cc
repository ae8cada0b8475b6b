// charrnn eval: how well a model predicts a text.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <utility>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "app/command/status_line.h"
#include "app/command/usage.h"
#include "app/inspect/eval_report.h"
#include "app/inspect/surprise_view.h"
#include "app/inspect/text_order.h"
#include "app/process/signals.h"
#include "base/error.h"
#include "engine/factory/make_trainable_network.h"
#include "evaluate/dynamic_evaluation.h"
#include "evaluate/known_text.h"
#include "evaluate/ngram/baseline.h"
#include "evaluate/unknown_rule.h"
#include "generate/prompt.h"
#include "model/file/model_file.h"
#include "model/file/reading_rules.h"
#include "text/characters/display.h"
#include "text/corpus/corpus_options.h"

namespace charrnn {
namespace {

enum class EvalDocuments { kAsTrained, kNone, kLines, kFiles };

struct EvalOptions {
  ModelOptions model;
  CorpusOptions reading;
  UnknownTextRule unknown = UnknownTextRule::kCount;
  double held_out = 0;
  std::string train_text;
  EvalDocuments documents = EvalDocuments::kAsTrained;
  bool surprise = false;
  bool dynamic = false;
  DynamicSettings dynamic_settings;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void stop_where_asked() {
  if (requested_signal() != 0) throw ReadingStopped();
}

class EvalCommand : public Command {
 public:
  std::string_view name() const override { return "eval"; }
  std::string_view summary() const override { return "measure how well a model predicts a text"; }
  std::string_view arguments() const override { return "MODEL TEXT…"; }
  std::string_view examples() const override {
    return "charrnn eval runs/shakespeare other.txt\n"
           "charrnn eval runs/shakespeare play.txt --held-out 0.1  # its last tenth, and an "
           "n-gram\n"
           "charrnn eval model.safetensors letter.txt --surprise   # every character coloured";
  }
  int max_arguments() const override { return -1; }
  std::vector<std::string_view> without_effect() const override { return {"verbose", "seed"}; }

  void declare(OptionTable& table) override {
    table.group("Text");
    declare_unknown_text_rule(table, options_.unknown);
    table.add("held-out", options_.held_out,
              "only the last part of the text, such as 0.1; an n-gram model learns from the rest",
              {0, 1, false, true});
    table.add_choice("documents", options_.documents,
                     "what a document is; its state begins at zero; auto: as in training",
                     {{"auto", EvalDocuments::kAsTrained},
                      {"none", EvalDocuments::kNone},
                      {"lines", EvalDocuments::kLines},
                      {"files", EvalDocuments::kFiles}});
    declare_model_corpus_options(table, options_.reading);
    table.group("Figures");
    table.add("surprise", options_.surprise, "show the text with the surprisal of each character");
    table.add("train-text", options_.train_text,
              "also measure an n-gram model that learns from this text", "FILE");
    table.add("dynamic", options_.dynamic,
              "also measure the model while it keeps learning from the text");
    table.add("dynamic-rate", options_.dynamic_settings.learning_rate, "dynamic: learning rate",
              {0, 1});
    table.add("dynamic-steps", options_.dynamic_settings.steps,
              "dynamic: characters for each update", {1, 1 << 16});
    options_.model.declare(table);
  }

  int run(Context& context) override {
    const std::string path = model_argument(context, options_.model.model);
    check_options(context);
    const Model model = read_model(path, options_.model.reading);
    follow_model(model, options_.reading, context.options.given(options_.reading.newline_lf));
    const DocumentKind documents = document_kind(model);
    options_.reading.end_files = documents == DocumentKind::kFiles;
    EvalFigures figures;
    const KnownText text = read_text(context, context.arguments, model);
    const auto training_size =
        static_cast<size_t>(static_cast<double>(text.ids.size()) * (1 - options_.held_out));
    const size_t begin = options_.held_out > 0 ? training_size : 0;
    const IdView all = view(text.ids), part = all.part(begin, all.size - begin);
    const UnknownCharacters unknown = text.unknown_places.from(begin);
    figures.unknown = unknown.count();
    figures.unknown_counted = options_.unknown == UnknownTextRule::kCount;
    measure(
        context,
        {model, text, part, begin, borders_of(model.vocabulary, text.document_begins, documents),
         figures.unknown_counted ? unknown : UnknownCharacters()},
        figures);
    if (options_.held_out > 0) {
      measure_baseline(context, all.part(0, begin), part, model.vocabulary, figures);
    } else if (!options_.train_text.empty()) {
      const KnownText training = read_text(context, {options_.train_text}, model);
      measure_baseline(context, view(training.ids), part, model.vocabulary, figures);
    }
    if (context.common.json) {
      print_eval_json(context, figures, unit_name(model.vocabulary.encoding()), options_.surprise);
    } else {
      print_eval(context, path, model, figures);
    }
    return 0;
  }

 private:
  void check_options(const Context& context) const {
    if (context.arguments.empty()) {
      throw missing_argument(context.command, "a text");
    }
    if (options_.held_out > 0 && !options_.train_text.empty()) {
      throw Error(ErrorKind::kUsage, "options_together",
                  "--held-out and --train-text are both given: there is one text to learn from",
                  "leave one of them out");
    }
  }

  KnownText read_text(const Context& context, const std::vector<std::string>& names,
                      const Model& model) const {
    const Vocabulary& vocabulary = model.vocabulary;
    CorpusOptions reading = options_.reading;
    reading.should_stop = [] { return requested_signal() != 0; };
    const Corpus corpus = read_corpus(names, reading);
    for (const std::string& note : corpus.notes) context.say(context.err.dim(note));
    KnownText text = in_ids_of(model, corpus);
    if (text.unknown_count() > 0 && options_.unknown == UnknownTextRule::kError) {
      const std::string near = nearest_known_hint(text.unknown, vocabulary);
      throw Error(ErrorKind::kData, "unknown_characters",
                  fmt::format("the text has characters that the model doesn't know: {} ({} in all)",
                              list_symbols(text.unknown), text.unknown_count()),
                  fmt::format("{}{}--unknown count takes them for uniform guesses, --unknown skip "
                              "leaves them out",
                              near, near.empty() ? "" : "; "));
    }
    return text;
  }

  DocumentKind document_kind(const Model& model) const {
    switch (options_.documents) {
      case EvalDocuments::kLines:
        return DocumentKind::kLines;
      case EvalDocuments::kFiles:
        return DocumentKind::kFiles;
      case EvalDocuments::kAsTrained:
        return model.documents();
      case EvalDocuments::kNone:
        break;
    }
    return DocumentKind::kNone;
  }

  Workload workload(const ModelConfig& config, int64_t characters) const {
    const Workload reading = reading_workload(config, characters);
    if (!options_.dynamic) return reading;
    const int steps = options_.dynamic_settings.steps;
    return reading +
           training_workload(config, steps, 1, false) * (static_cast<double>(characters) / steps);
  }

  // What is measured.
  struct Task {
    const Model& model;
    const KnownText& text;
    IdView part;   // of the text: what the network reads
    size_t begin;  // of the part in the text
    DocumentBorders borders;
    UnknownCharacters unknown;  // in the part, where they count
  };

  void measure(const Context& context, const Task& task, EvalFigures& figures) const {
    const Model& model = task.model;
    const auto size = static_cast<int64_t>(task.part.size);
    EngineOptions computing = context.common.engine;
    computing.workload = workload(model.config(), size);
    const auto learning =
        options_.dynamic ? make_trainable_network(model.config(), computing) : nullptr;
    const auto reading = options_.dynamic ? nullptr : make_network(model.config(), computing);
    Network& network = options_.dynamic ? *learning : *reading;
    figures.machine = network.info();
    network.load_weights(model.weights);
    const auto with_status = [&](std::string job, auto work) {
      StatusLine status(context, std::move(job));
      return work([&](int64_t done) {
        stop_where_asked();
        status.show(done, size);
      });
    };
    SurpriseView surprise_view(context.out, context.out.width());
    const SurpriseSink sink = surprise_sink(context, task, surprise_view, figures);
    const auto start = std::chrono::steady_clock::now();
    figures.evaluation = with_status("evaluating", [&](const auto& progress) {
      return evaluate(network, task.part, progress, sink, task.borders, task.unknown);
    });
    figures.seconds = seconds_since(start);
    if (options_.surprise && !context.common.json) {
      context.out.write(surprise_view.finish() + "\n");
    }
    if (options_.dynamic) {
      figures.dynamic = with_status("evaluating dynamically", [&](const auto& progress) {
        return evaluate_dynamically(*learning, task.part, options_.dynamic_settings, progress,
                                    task.borders, task.unknown);
      });
    }
  }

  // Shows or keeps the surprises; empty where neither is asked for.
  SurpriseSink surprise_sink(const Context& context, const Task& task, SurpriseView& view,
                             EvalFigures& figures) const {
    if (!options_.surprise) return {};
    if (context.common.json) {
      return [&figures](std::span<const float> piece) {
        for (const float nats : piece)
          figures.surprise.push_back(nats / std::numbers::ln2_v<float>);
      };
    }
    const auto characters =
        std::make_shared<TextOrder>(task.model.vocabulary, task.text, task.begin, task.unknown);
    return [&context, &view, characters, is_first = true](std::span<const float> piece) mutable {
      std::string shown;
      const auto show_given = [&] {
        if (characters->at_given()) shown += view.add(characters->next(), std::nan(""));
      };
      if (std::exchange(is_first, false)) {
        shown = SurpriseView::legend(context.out);
        show_given();
      }
      for (const float nats : piece) {
        shown += view.add(characters->next(), nats / std::numbers::ln2);
        show_given();
      }
      context.out.write(shown);
    };
  }

  // N-gram model and compressor on the very characters that the network is scored on.
  void measure_baseline(const Context& context, IdView training, IdView text,
                        const Vocabulary& vocabulary, EvalFigures& figures) const {
    if (training.size < 1 || text.size < 2) {
      return context.say(
          "no n-gram model: of the characters that the model knows it needs one to learn from and "
          "two to predict");
    }
    NgramLimits limits;
    limits.threads = context.common.engine.threads;
    limits.poll = stop_where_asked;
    {
      StatusLine status(context, "counting n-grams");
      figures.ngram = ngram_report(training, text, vocabulary.size(), limits, [&](int length) {
        stop_where_asked();
        status.show(length + 1, limits.max_context + 2);
      });
    }
    CompressionLimits compression;
    compression.max_scored = text.size;
    const auto all = static_cast<int64_t>(std::min(training.size, compression.max_training) +
                                          compression.max_scored);
    StatusLine status(context, "compressing");
    int64_t done = 0;
    figures.compression = compression_report(vocabulary, training, text, compression, [&] {
      stop_where_asked();
      status.show(done, all);
      done += kCompressionBlock;
      return false;
    });
  }

  EvalOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_eval_command() { return std::make_unique<EvalCommand>(); }

}  // namespace charrnn
