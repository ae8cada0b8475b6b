#include "app/train/train_setup.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "app/process/signals.h"
#include "app/terminal/progress_line.h"
#include "app/train/preset_choice.h"
#include "base/error.h"
#include "base/join.h"
#include "serve/http/http_server.h"
#include "text/characters/display.h"
#include "text/corpus/rare_characters.h"
#include "text/corpus/source.h"
#include "train/checkpoint/corpus_hash.h"
#include "train/control/run_length.h"
#include "train/initial_model.h"
#include "train/settings/config_file.h"

namespace charrnn {
namespace {

constexpr uint64_t kDefaultSeed = 42;

bool has_checkpoint(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder + "/checkpoint.safetensors", ignored) ||
         std::filesystem::exists(folder + "/checkpoint.previous.safetensors", ignored);
}

std::string config_in(const std::string& folder) {
  std::error_code ignored;
  const std::string path = folder + "/config.toml";
  return std::filesystem::exists(path, ignored) ? path : std::string();
}

// The run's folder: --out, else by the name of the text. With --resume the one argument may be the
// run itself.
std::string find_run(const TrainOptions& options, std::vector<std::string>& texts) {
  if (!options.out.empty()) return options.out;
  if (options.resume && texts.size() == 1 &&
      (has_checkpoint(texts[0]) || !config_in(texts[0]).empty())) {
    const std::string run = texts[0];
    texts.clear();
    return run;
  }
  if (texts.empty()) {
    throw Error(ErrorKind::kUsage, "no_text", "charrnn train needs a text",
                "usage: charrnn train TEXT… [options], or charrnn train --resume RUN");
  }
  return "runs/" + source_title(texts[0]);
}

// A run with bf16 goes on in float32 on a machine that has none: it may come from another device.
// That is said with the other changes.
void fit_precision(const TrainingSettings& settings, const EngineOptions& common,
                   OptionTable& options) {
  EngineOptions engine = common;
  engine.precision = settings.precision;
  const OptionSource source = options.find("precision")->source;
  if (source < OptionSource::kEnvironment && lacks_precision(engine)) {
    options.set("precision", "f32", source);
  }
}

void resume_run(const TrainOptions& options, Context& context, TrainSetup& setup) {
  if (!has_checkpoint(setup.run_path)) {
    const std::string config = config_in(setup.run_path);
    if (!config.empty() && options.config.empty()) read_config_file(config, context.options);
    context.say(fmt::format("nothing is saved in {} yet: starting from the beginning",
                            printable(setup.run_path)));
    return;
  }
  setup.run = RunFolder::open(setup.run_path);
  std::string note;
  setup.checkpoint = setup.run->read_checkpoint(note);
  if (!note.empty()) context.say(printable(note));
  apply_settings(setup.checkpoint->settings, context.options);
  fit_precision(options.settings, context.common.engine, context.options);
}

// The model to begin with decides the network and how text is read, unless the person says
// otherwise: then it is found out later whether the two fit.
void read_init_model(TrainSetup& setup, const TrainingSettings& settings, OptionTable& options) {
  if (settings.init_from.empty() || setup.checkpoint) return;
  setup.begin_with = read_model(settings.init_from);
  const ModelConfig& config = setup.begin_with->config();
  const Vocabulary& vocabulary = setup.begin_with->vocabulary;
  const auto fill = [&](std::string_view name, const std::string& value) {
    options.set(name, value, OptionSource::kPreset);
  };
  fill("cell", std::string(cell_traits(config.cell).name));
  fill("layers", std::to_string(config.layers));
  fill("hidden-size", std::to_string(config.hidden_size));
  fill("embedding-size", std::to_string(config.embedding_size));
  fill("one-hot", config.one_hot ? "true" : "false");
  fill("encoding", vocabulary.encoding() == Encoding::kBytes ? "bytes" : "utf-8");
  fill("lowercase", vocabulary.lowercase() ? "true" : "false");
}

// The vocabulary that the network has: the checkpoint's, or the other model's with what is new in
// this text, or the text's own.
void settle_vocabulary(const TrainingSettings& settings, TrainSetup& setup) {
  Corpus& corpus = setup.corpus;
  if (setup.checkpoint) {
    const Checkpoint& checkpoint = *setup.checkpoint;
    std::vector<char32_t> unknown;
    for (const char32_t symbol : corpus.vocabulary.symbols()) {
      if (!checkpoint.vocabulary.find(symbol)) unknown.push_back(symbol);
    }
    if (!unknown.empty()) {
      throw Error(ErrorKind::kModel, "other_text",
                  fmt::format("this is another text than the run's: the model does not know {}",
                              list_symbols(unknown)),
                  "to train the model on another text: --init-from RUN with another --out");
    }
    if (!is_same_corpus(corpus, settings.documents, checkpoint.corpus_hash)) {
      throw Error(ErrorKind::kModel, "other_text",
                  fmt::format("the text is not the one the run began with ({})",
                              join(corpus.sources, ", ")),
                  "give that text, or train the model on this one: --init-from RUN with another "
                  "--out");
    }
    renumber(corpus, checkpoint.vocabulary);
  } else if (setup.begin_with) {
    const Vocabulary& known = setup.begin_with->vocabulary;
    if (known.encoding() != corpus.vocabulary.encoding() ||
        known.lowercase() != corpus.vocabulary.lowercase()) {
      throw Error(
          ErrorKind::kUsage, "init_from_conflict",
          "--init-from: the model reads text another way than --encoding and --lowercase ask",
          "leave out --encoding and --lowercase: the model has them");
    }
    renumber(corpus, joined(known, corpus.vocabulary));
  }
}

// As the run keeps them: it may be resumed from another folder.
std::vector<std::string> absolute(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    std::error_code error;
    const auto path = std::filesystem::absolute(text, error);
    if (text != "-" && !error) text = path.lexically_normal().string();
  }
  return texts;
}

// Where only one of --steps and --epochs was given, the other says nothing.
void settle_length(TrainingSettings& settings, const OptionTable& options, bool resumes) {
  const OptionSource steps = options.find("steps")->source;
  const OptionSource epochs = options.find("epochs")->source;
  if (steps > epochs) settings.epochs = 0;
  if (epochs > steps) settings.steps = 0;
  // A run's config.toml has the steps of that run, not a limit of this budget.
  if (settings.time_budget > 0 && steps <= OptionSource::kConfig && !resumes) settings.steps = 0;
}

// The length of a run that is resumed; the plan's is that of its settings.
void settle_resumed_length(const TrainingSettings& settings, const OptionTable& options,
                           TrainSetup& setup) {
  const auto asked = [&](std::string_view name, int64_t steps) {
    return AskedLength{steps, options.find(name)->source > OptionSource::kConfig};
  };
  const TrainingProgress& progress = setup.checkpoint->progress;
  const RunLength length =
      resumed_length(asked("steps", settings.steps),
                     asked("epochs", settings.epochs * setup.plan.batches->batches_per_epoch()),
                     settings.time_budget > 0, progress.step, progress.total_steps);
  setup.plan.total_steps = length.total_steps;
  setup.max_steps = length.max_steps;
}

uint64_t settle_seed(Context& context) {
  const uint64_t seed = context.seed(kDefaultSeed);
  if (context.common.seed == "-1") context.say(fmt::format("seed {}", seed));
  context.options.set("seed", std::to_string(seed), OptionSource::kCommandLine);
  return seed;
}

// A checkpoint's arrays mean something under its own settings alone.
void check_same_settings(const Checkpoint& checkpoint, const Context& context) {
  const SettingValues now = setting_values(context.options);
  for (const std::string& name : fixed_settings()) {
    const auto before = checkpoint.settings.find(name);
    if (before == checkpoint.settings.end() || before->second == now.at(name)) continue;
    throw Error(ErrorKind::kUsage, "resume_conflict",
                fmt::format("--{} {} contradicts the run, which has {}", name,
                            join(now.at(name), ","), join(before->second, ",")),
                "leave it out to go on, or begin a new run with another --out");
  }
  for (const auto& [name, values] : now) {
    const auto before = checkpoint.settings.find(name);
    const bool shown = name != "text" && before != checkpoint.settings.end();
    if (!shown || before->second == values) continue;
    context.say(fmt::format("{}: {} from here on (was {})", name, join(values, ","),
                            join(before->second, ",")));
  }
}

void check_memory(const TrainOptions& options, TrainSetup& setup) {
  const auto text = static_cast<double>(setup.corpus.ids.size()) * setup.corpus.ids.bytes_per_id();
  setup.memory = memory_estimate(setup.plan.config, options.settings, text);
  const double limit = memory_limit();
  if (setup.memory <= 0.9 * limit || options.force) return;
  throw Error(ErrorKind::kLimit, "too_large",
              fmt::format("training would need about {}B of memory, there are {}B",
                          short_number(setup.memory), short_number(limit)),
              "a smaller --hidden-size, --layers, --batch-size or --seq-length needs less; --force "
              "tries it");
}

}  // namespace

void TrainOptions::declare(OptionTable& options) {
  options.group("Run");
  options.add("out,o,checkpoint-dir", out, "folder of the run [runs/NAME OF THE TEXT]", "RUN")
      .in_config = false;
  options
      .add_choice("preset", preset, "values for what is not given",
                  {{"auto", Preset::kAuto},
                   {"notebook", Preset::kNotebook},
                   {"char-rnn", Preset::kCharRnn}})
      .in_config = false;
  options
      .add("config", config, "read options from a file, such as a run's config.toml", "FILE.toml")
      .in_config = false;
  options.add("resume", resume, "go on with a run exactly where it was saved").in_config = false;
  options.add("dry-run", dry_run, "show the plan and do nothing").in_config = false;
  options.add("force", force, "move an old run aside; try what may not fit into memory").in_config =
      false;
  options.add("strict", strict, "an error instead of smaller sizes for a short text").in_config =
      false;
  Option& serve = options.add("serve", serve_port, "show the run on a page, live; 0: any free port",
                              {0, 65535});
  serve.value_name = "[PORT]";
  serve.alone = std::to_string(HttpOptions().port);
  serve.show = [this] { return serve_port < 0 ? "" : std::to_string(serve_port); };
  serve.in_config = false;
  settings.declare(options);
}

std::unique_ptr<TrainSetup> set_up_training(TrainOptions& options, Context& context) {
  TrainingSettings& settings = options.settings;
  auto setup = std::make_unique<TrainSetup>();
  if (!options.config.empty()) read_config_file(options.config, context.options);
  std::vector<std::string> texts = context.arguments;
  if (texts.empty()) texts = settings.text;
  setup->run_path = find_run(options, texts);
  if (options.resume) {
    resume_run(options, context, *setup);
  } else if (!options.dry_run) {
    RunFolder::check_new(setup->run_path, options.force);
  }
  if (texts.empty()) texts = settings.text;
  if (texts.empty()) {
    throw Error(ErrorKind::kUsage, "no_text", "there is no text to learn from",
                "usage: charrnn train TEXT… [options]");
  }
  settings.text = absolute(texts);
  apply(preset_text_values(options.preset), context.options);
  setup->seed = settle_seed(context);
  read_init_model(*setup, settings, context.options);
  CorpusOptions reading = settings.reading;
  reading.should_stop = [] { return requested_signal() != 0; };
  reading.end_files = settings.documents == DocumentKind::kFiles;
  setup->corpus = read_corpus(texts, reading);
  for (const std::string& note : setup->corpus.notes) context.say(printable(note));
  if (settings.min_count > 1) {
    const int merged = merge_rare_characters(setup->corpus, settings.min_count);
    context.say(
        fmt::format("{} characters that occur less than {} times are U+FFFD now; {} are left",
                    merged, settings.min_count, setup->corpus.vocabulary.size()));
  }
  settle_vocabulary(settings, *setup);
  fill_by_preset(options, context, *setup);
  settle_length(settings, context.options, options.resume);
  setup->plan = make_plan(setup->corpus, settings, options.strict);
  setup->max_steps = setup->plan.total_steps;
  if (setup->checkpoint) settle_resumed_length(settings, context.options, *setup);
  for (const std::string& note : setup->plan.notes) context.say(note);
  if (setup->checkpoint) check_same_settings(*setup->checkpoint, context);
  check_memory(options, *setup);
  settle_engine(settings, *setup);
  return setup;
}

}  // namespace charrnn
