#include "session/training_setup.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/join.h"
#include "base/number.h"
#include "base/short_number.h"
#include "session/preset_choice.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"
#include "text/characters/utf8.h"
#include "text/corpus/rare_characters.h"
#include "text/corpus/source.h"
#include "train/checkpoint/checkpoint_check.h"
#include "train/checkpoint/corpus_hash.h"
#include "train/control/early_stopping.h"
#include "train/control/run_length.h"
#include "train/initial_model.h"
#include "train/settings/config_file.h"
#include "train/settings/earlier_settings.h"

namespace charrnn {
namespace {

constexpr uint64_t kDefaultSeed = 42;
constexpr const char* kTextInMemory = "text";  // what messages call it

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
std::string find_run(const TrainingOptions& options, std::vector<std::string>& texts) {
  if (!options.out.empty()) return options.out;
  if (options.resume && texts.size() == 1 &&
      (has_checkpoint(texts[0]) || !config_in(texts[0]).empty())) {
    std::string run = std::move(texts[0]);
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
void fit_precision(const TrainingRequest& request) {
  TrainingSettings& settings = request.options.settings;
  EngineOptions engine = request.engine;
  engine.precision = settings.precision;
  engine.parts = settings.parts;
  const Option& option = request.table.of(settings.precision);
  if (!option.is_given() && lacks_precision(engine)) {
    request.table.assign(settings.precision, Precision::kFloat32, option.source);
  }
}

// Gives an option a saved value in place of whatever it has.
void put_back(Option& option, const std::vector<std::string>& saved, OptionTable& table) {
  option.source = OptionSource::kDefault;
  if (option.clear) option.clear();  // a saved list may be empty
  apply_settings({{option.name(), saved}}, table);
}

// Options that are for the beginning of a run keep the values that it began with.
void keep_beginning(const SettingValues& saved, OptionTable& table, SessionObserver& observer) {
  for (Option& option : table.options()) {
    if (option.on_resume != OnResume::kNoEffect || !option.is_given()) continue;
    observer.said(fmt::format("--{} has no effect on a run that goes on: it is for the beginning",
                              option.given_as));
    const std::vector<std::string>* before = saved_values(saved, option);
    if (before != nullptr) put_back(option, *before, table);
  }
}

// The run's own copy of its text is where the run is now.
void find_kept_text(const TrainingRequest& request, const RunFolder& run) {
  namespace fs = std::filesystem;
  std::vector<std::string>& text = request.options.settings.text;
  if (text.size() != 1 || fs::path(text[0]).filename() != fs::path(run.text_path()).filename()) {
    return;
  }
  std::error_code ignored;
  if (fs::exists(text[0], ignored) || !fs::exists(run.text_path(), ignored)) return;
  request.table.assign(text, {run.text_path()}, OptionSource::kFile);
}

// Where there is no run yet, --resume begins one if there is a text to begin it with: so a script
// may always say --resume.
void must_be_a_text(const std::vector<std::string>& texts, const TrainingRequest& request,
                    const std::string& run) {
  std::error_code error;
  const bool names_a_run =
      texts.empty() || (texts.size() == 1 && request.options.out.empty() && texts[0] != "-" &&
                        !std::filesystem::exists(texts[0], error) && !error);
  if (!names_a_run) return;
  throw Error(ErrorKind::kIo, "no_run",
              fmt::format("there is no run to resume ({})", texts.empty() ? run : texts[0]),
              "check the name; to begin a run: charrnn train TEXT --out RUN");
}

void resume_run(const std::vector<std::string>& texts, const TrainingRequest& request,
                TrainingSetup& setup, SessionObserver& observer) {
  if (!has_checkpoint(setup.run_path)) {
    const std::string config = config_in(setup.run_path);
    if (config.empty()) must_be_a_text(texts, request, setup.run_path);
    if (!config.empty() && request.options.config.empty()) read_config_file(config, request.table);
    observer.said(
        fmt::format("nothing is saved in {} yet: starting from the beginning", setup.run_path));
    return;
  }
  setup.run = RunFolder::open(setup.run_path, request.only_plan);
  std::string note;
  setup.checkpoint = setup.run->read_checkpoint(note);
  if (!note.empty()) observer.said(note);
  add_earlier_values(setup.checkpoint->settings);
  apply_settings(setup.checkpoint->settings, request.table);
  keep_beginning(setup.checkpoint->settings, request.table, observer);
  find_kept_text(request, *setup.run);
  fit_precision(request);
}

// Where the run keeps them, if nothing is given.
void must_be_there(const std::vector<std::string>& texts, const std::string& run) {
  for (const std::string& text : texts) {
    std::error_code error;
    if (text == "-" || std::filesystem::exists(text, error) || error) continue;
    throw Error(
        ErrorKind::kIo, "text_moved",
        fmt::format("the text that the run learns from is not where it was ({})", text),
        fmt::format("if it has moved: charrnn train TEXT --resume -o {}", shell_argument(run)));
  }
}

// As the run keeps paths: it may be resumed or repeated from another folder.
std::vector<std::string> absolute(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    if (path != "-" && !error) path = whole.lexically_normal().string();
  }
  return paths;
}

// The model to begin with decides the network and how text is read, unless the person says
// otherwise: then it is found out later whether the two fit.
void read_init_model(TrainingSetup& setup, TrainingSettings& settings, OptionTable& table) {
  if (settings.init_from.empty() || setup.checkpoint) return;
  setup.begin_with = read_model(settings.init_from);
  table.overrule(settings.init_from, absolute({settings.init_from}).front(),
                 table.of(settings.init_from).source);
  const ModelConfig& config = setup.begin_with->config();
  const Vocabulary& vocabulary = setup.begin_with->vocabulary;
  if (config.layers > kMaxLayers) {
    throw Error(ErrorKind::kModel, "too_many_layers",
                fmt::format("--init-from: the model has {} layers; {} at most are trained ({})",
                            config.layers, kMaxLayers, settings.init_from),
                "begin with a model of fewer layers");
  }
  const auto fill = [&table](auto& setting, auto value) {
    table.assign(setting, value, OptionSource::kModel);
  };
  fill(settings.cell, config.cell);
  fill(settings.layers, config.layers);
  fill(settings.hidden_size, config.hidden_size);
  fill(settings.embedding_size, config.embedding_size);
  fill(settings.one_hot, config.one_hot);
  fill(settings.reading.encoding, vocabulary.encoding());
  fill(settings.reading.lowercase, vocabulary.lowercase());
  fill(settings.reading.newline_lf, setup.begin_with->facts.contains("newline"));
  fill(settings.documents, setup.begin_with->documents());
  const auto min_count = setup.begin_with->facts.find("min_count");
  if (min_count == setup.begin_with->facts.end()) return;
  try {
    fill(settings.min_count, parse_integer(min_count->second, "min_count", {.min = 1}));
  } catch (const Error& error) {
    throw Error(ErrorKind::kModel, "bad_metadata",
                fmt::format("not a model: {} ({})", error.what(), settings.init_from),
                "the file was changed by hand or by another program");
  }
}

[[noreturn]] void throw_conflict(const Option& option, const std::vector<std::string>& now,
                                 const std::vector<std::string>& before) {
  throw Error(ErrorKind::kUsage, "resume_conflict",
              fmt::format("--{} {} contradicts the run, which has {}", option.name(),
                          join(now, ","), join(before, ",")),
              "leave it out to go on, or begin a new run with another --out");
}

// What is read in another way looks like another text: it is the option that is to be named.
void check_same_reading(const TrainingRequest& request, const Checkpoint& checkpoint) {
  const TrainingSettings& settings = request.options.settings;
  const CorpusOptions& reading = settings.reading;
  const OptionTable& table = request.table;
  const SettingValues now = setting_values(table);
  for (const Option* option : {&table.of(reading.encoding), &table.of(reading.lowercase),
                               &table.of(reading.replace_invalid), &table.of(reading.newline_lf),
                               &table.of(settings.min_count), &table.of(settings.documents)}) {
    const std::vector<std::string>* before = saved_values(checkpoint.settings, *option);
    if (option->is_given() && before != nullptr && *before != now.at(option->name())) {
      throw_conflict(*option, now.at(option->name()), *before);
    }
  }
}

// The vocabulary that the network has: the checkpoint's, or the other model's with what is new in
// this text, or the text's own.
void settle_vocabulary(const TrainingSettings& settings, TrainingSetup& setup) {
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

// Where only one of --steps and --epochs was given, the other says nothing.
void settle_length(TrainingSettings& settings, OptionTable& table, bool resumes) {
  const OptionSource steps = table.of(settings.steps).source;
  const OptionSource epochs = table.of(settings.epochs).source;
  if (steps > epochs) table.overrule(settings.epochs, 0, steps);
  if (epochs > steps) table.overrule(settings.steps, 0, epochs);
  // A run's config.toml has the steps of that run, not a limit of this budget.
  if (settings.time_budget > 0 && steps <= OptionSource::kFile && !resumes) {
    table.overrule(settings.steps, 0, OptionSource::kMeasured);
  }
}

// The length of a run that is resumed; the plan's is that of its settings.
void settle_resumed_length(const TrainingSettings& settings, OptionTable& table,
                           TrainingSetup& setup) {
  const auto asked = [&table](const int64_t& setting, int64_t steps) {
    return AskedLength{steps, table.of(setting).source > OptionSource::kFile};
  };
  const TrainingProgress& progress = setup.checkpoint->progress;
  const RunLength length = resumed_length(
      asked(settings.steps, settings.steps),
      asked(settings.epochs, settings.epochs * setup.plan.batches->batches_per_epoch()),
      settings.time_budget > 0, progress.step, progress.total_steps);
  setup.plan.total_steps = length.total_steps;
  setup.max_steps = length.max_steps;
}

uint64_t settle_seed(const TrainingRequest& request, SessionObserver& observer) {
  Seed& seed = request.seed;
  if (seed.is_drawn) observer.said(fmt::format("seed {}", seed.value));
  if (!seed.is_chosen) {
    request.table.assign(seed, {.value = kDefaultSeed, .is_chosen = true}, OptionSource::kDefault);
  }
  return seed.value;
}

// Whether a run that goes on from the checkpoint takes no step.
bool is_over(const Checkpoint& checkpoint, int64_t total_steps, int64_t patience) {
  return checkpoint.progress.step >= total_steps ||
         EarlyStopping(patience, 0, checkpoint.early_stopping).is_over();
}

// A finished run that takes no step keeps the settings that made its model, and its end: other
// ones would change config.toml, which says how to make it again.
bool keep_finished(const TrainingRequest& request, TrainingSetup& setup) {
  const Checkpoint& checkpoint = *setup.checkpoint;
  const TrainingSettings& settings = request.options.settings;
  const int64_t& patience = settings.patience;
  // A budget's steps come after those done.
  const int64_t total = settings.time_budget > 0 ? INT64_MAX : setup.plan.total_steps;
  const auto* saved = saved_values(checkpoint.settings, request.table.of(patience));
  const int64_t before =
      saved != nullptr && !saved->empty() ? parse_integer(saved->front(), "patience") : patience;
  if (!is_over(checkpoint, checkpoint.progress.total_steps, before) ||
      !is_over(checkpoint, total, patience)) {
    return false;
  }
  for (Option& option : request.table.options()) {
    const auto* values = saved_values(checkpoint.settings, option);
    if (values == nullptr || option.on_resume == OnResume::kFixed) continue;
    if (option.variable == &request.options.settings.text) continue;  // the same, elsewhere
    put_back(option, *values, request.table);
  }
  setup.plan.total_steps = setup.max_steps = checkpoint.progress.total_steps;
  return true;
}

// What is asked for now holds from here on, in place of changes that a repeated run has yet to come
// to. With a budget there are none of those: they are of steps of another run.
void change_settings(const TrainingRequest& request, const Checkpoint& checkpoint,
                     SessionObserver& observer) {
  TrainingSettings& settings = request.options.settings;
  const int64_t step = checkpoint.progress.step;
  TrainingSettings before;
  OptionTable table;
  before.declare(table);
  for (const Option& option : table.options()) {
    const auto* saved = saved_values(checkpoint.settings, option);
    if (saved != nullptr) apply_settings({{option.name(), *saved}}, table);
  }
  std::vector<EarlierSetting> earlier = read_earlier_settings(before.earlier_settings);
  before = settings_at(step, before);
  for (const Option& option : table.options()) {
    const Option& now = *request.table.find(option.name());
    const bool is_asked = now.is_given() || settings.time_budget > 0;
    const auto* saved = saved_values(checkpoint.settings, option);
    if (saved == nullptr || !keeps_earlier_values(option, before)) continue;
    if (!is_asked && join(*saved, ",") == now.show()) continue;
    add_earlier(earlier, {step, option.name(), option.show()});
    if (option.show() == now.show()) {
      std::erase(earlier, EarlierSetting{step, option.name(), option.show()});
    } else {
      observer.said(change_text(option.name(), now.show(), option.show()));
    }
  }
  request.table.overrule(settings.earlier_settings, earlier_settings_text(earlier),
                         request.table.of(settings.earlier_settings).source);
}

// What is given for a new run beside another run's config.toml holds from its beginning on,
// whatever that run had at first. With a budget it takes none of that run's changes.
void settle_earlier_settings(const TrainingRequest& request) {
  TrainingSettings& settings = request.options.settings;
  const OptionSource source = request.table.of(settings.earlier_settings).source;
  std::vector<EarlierSetting> earlier = read_earlier_settings(settings.earlier_settings);
  std::erase_if(earlier, [&](const EarlierSetting& setting) {
    return settings.time_budget > 0 || request.table.find(setting.name)->source > source;
  });
  request.table.overrule(settings.earlier_settings, earlier_settings_text(earlier), source);
}

// A checkpoint's arrays mean something under its own settings alone.
void check_same_settings(TrainingSetup& setup, const TrainingRequest& request,
                         SessionObserver& observer) {
  const Checkpoint& checkpoint = *setup.checkpoint;
  const SettingValues now = setting_values(request.table);
  const auto before = [&checkpoint](const Option& option) {
    return saved_values(checkpoint.settings, option);
  };
  const auto changed = [&](const Option& option) {
    return before(option) != nullptr && *before(option) != now.at(option.name());
  };
  std::vector<const Option*> different;
  for (const Option& option : request.table.options()) {
    if (option.in_config && changed(option)) different.push_back(&option);
  }
  for (const Option* option : different) {
    if (option->on_resume == OnResume::kFixed && option->is_given()) {
      throw_conflict(*option, now.at(option->name()), *before(*option));
    }
  }
  for (const Option* option : different) {
    if (option->on_resume != OnResume::kFixed) continue;
    refuse_checkpoint(
        fmt::format("its setting {} = {} does not fit its text, which asks for {}", option->name(),
                    join(*before(*option), ","), join(now.at(option->name()), ",")),
        setup.run->checkpoint_path());
  }
  if (keep_finished(request, setup)) return;
  const TrainingSettings& settings = request.options.settings;
  for (const Option* option : different) {
    if (option->variable == &settings.text) continue;  // the same, elsewhere
    if (keeps_earlier_values(*option, settings)) continue;
    observer.said(change_text(option->name(), join(now.at(option->name()), ","),
                              join(*before(*option), ",")));
  }
  change_settings(request, checkpoint, observer);
}

void check_memory(const TrainingOptions& options, TrainingSetup& setup) {
  const auto text = static_cast<double>(setup.corpus.ids.size()) * setup.corpus.ids.bytes_per_id();
  setup.memory = memory_estimate(setup.plan.config, options.settings, text);
  const double limit = memory_limit();
  if (setup.memory <= 0.9 * limit || options.force) return;
  throw Error(ErrorKind::kLimit, "too_large",
              fmt::format("training would need about {} of memory, there are {}",
                          byte_size(setup.memory), byte_size(limit)),
              "a smaller --hidden-size, --layers, --batch-size or --seq-length needs less; --force "
              "tries it");
}

// A name that JSON and TOML, and so the run's settings, cannot hold.
bool is_utf8(const std::string& name) {
  struct Nothing {
    void ascii(std::string_view) {}
    void symbol(char32_t) {}
  } nothing;
  Utf8Decoder decoder;
  decoder.feed(name, nothing);
  decoder.finish(nothing);
  return decoder.faults() == 0;
}

// The text again, as a file: what would be taken for a byte order mark at its beginning is a
// character, so one stands before it.
std::string text_of(const Corpus& corpus) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::vector<int32_t> ids(corpus.ids.size());
  corpus.ids.copy(0, ids);
  std::string text = corpus.vocabulary.text(ids);
  const bool is_marked = corpus.vocabulary.encoding() == Encoding::kUtf8 && text.starts_with(kMark);
  return is_marked ? std::string(kMark) + text : text;
}

// Before characters are merged, since it will be read and merged again.
void keep_text(const std::vector<std::string>& texts, const TrainingSettings& settings,
               TrainingSetup& setup) {
  const bool has_names = std::ranges::all_of(absolute(texts), is_utf8);
  if (setup.checkpoint || (setup.corpus.can_be_read_again && has_names)) return;
  if (settings.documents == DocumentKind::kFiles && !has_names) {
    throw Error(ErrorKind::kUsage, "not_utf8",
                "--documents files: a file's name is not UTF-8, which a run cannot keep",
                "rename the file or its folder");
  }
  setup.kept_text = text_of(setup.corpus);
}

// The text, in the ids of the vocabulary that the network has.
void read_text(const TrainingRequest& request, const std::vector<std::string>& texts,
               TrainingSetup& setup, SessionObserver& observer) {
  const TrainingSettings& settings = request.options.settings;
  CorpusOptions reading = settings.reading;
  reading.should_stop = [&observer] { return observer.stop(); };
  reading.end_files = settings.documents == DocumentKind::kFiles;
  if (request.text_in_memory) {
    setup.corpus = corpus_of_text(*request.text_in_memory, reading, kTextInMemory);
    setup.corpus.can_be_read_again = false;
  } else {
    setup.corpus = read_corpus(texts, reading);
  }
  for (const std::string& note : setup.corpus.notes) observer.said(note);
  keep_text(texts, settings, setup);
  if (settings.min_count > 1) {
    const Vocabulary* known = setup.checkpoint   ? &setup.checkpoint->vocabulary
                              : setup.begin_with ? &setup.begin_with->vocabulary
                                                 : nullptr;
    const int merged = merge_rare_characters(setup.corpus, settings.min_count, known);
    if (merged > 0) {
      observer.said(fmt::format(
          "{} that occur{} fewer than {} become{} U+FFFD; {} are left",
          counted(static_cast<uint64_t>(merged), "different character"), merged == 1 ? "s" : "",
          counted(static_cast<uint64_t>(settings.min_count), "time"), merged == 1 ? "s" : "",
          grouped(static_cast<uint64_t>(setup.corpus.vocabulary.size()))));
    }
  }
  settle_vocabulary(settings, setup);
}

// Takes the sizes and intervals of the plan for settings.
void settle_plan(const TrainingRequest& request, TrainingSetup& setup, SessionObserver& observer) {
  TrainingSettings& settings = request.options.settings;
  // The plan gives it the value that one-hot input has.
  const Option& embedding = request.table.of(settings.embedding_size);
  const std::string no_effect = request.table.without_effect(embedding);
  if (embedding.is_given() && !no_effect.empty()) observer.said(no_effect);
  try {
    setup.plan = make_plan(setup.corpus, settings, request.options.strict);
  } catch (const Error& error) {
    const bool is_own = std::ranges::none_of(request.table.options(), [](const Option& option) {
      return option.on_resume == OnResume::kFixed && option.is_given();
    });
    if (!setup.checkpoint || !is_own) throw;
    refuse_checkpoint(fmt::format("its settings do not fit its text: {}", error.what()),
                      setup.run->checkpoint_path());
  }
  for (const std::string& note : setup.plan.notes) observer.said(note);
  take_values(setup.plan.fitted, settings, request.table);
}

}  // namespace

std::string change_text(std::string_view name, std::string_view now, std::string_view before) {
  return fmt::format("{}: {} from here on (was {})", name, now, before);
}

std::unique_ptr<TrainingSetup> set_up_training(const TrainingRequest& request,
                                               SessionObserver& observer) {
  TrainingOptions& options = request.options;
  TrainingSettings& settings = options.settings;
  auto setup = std::make_unique<TrainingSetup>();
  if (!options.config.empty()) read_config_file(options.config, request.table);
  std::vector<std::string> texts = request.texts;
  if (request.text_in_memory) {
    check(!options.out.empty(), "a text in memory has no name that its run could have");
    texts = {kTextInMemory};
  }
  if (texts.empty()) texts = settings.text;
  setup->run_path = find_run(options, texts);
  if (options.resume) {
    resume_run(texts, request, *setup, observer);
  } else if (!request.only_plan) {
    RunFolder::check_new(setup->run_path, options.force);
  }
  if (texts.empty()) {
    texts = settings.text;
    if (setup->checkpoint) must_be_there(texts, setup->run_path);
  }
  if (texts.empty()) {
    throw Error(ErrorKind::kUsage, "no_text", "charrnn train needs a text",
                "usage: charrnn train TEXT… [options]");
  }
  // A run that goes on has its copy of a text in memory.
  if (!request.text_in_memory || !setup->checkpoint) {
    request.table.overrule(settings.text, absolute(texts),
                           request.texts.empty() ? request.table.of(settings.text).source
                                                 : OptionSource::kCommandLine);
  }
  apply_text_preset(options.preset, settings, request.seed, request.table);
  setup->seed = settle_seed(request, observer);
  read_init_model(*setup, settings, request.table);
  if (setup->checkpoint) check_same_reading(request, *setup->checkpoint);
  read_text(request, texts, *setup, observer);
  fill_by_preset(request, *setup);
  settle_length(settings, request.table, options.resume);
  if (!setup->checkpoint) settle_earlier_settings(request);
  settle_plan(request, *setup, observer);
  if (setup->begin_with) check_same_network(setup->begin_with->config(), setup->plan.config);
  setup->max_steps = setup->plan.total_steps;
  if (setup->checkpoint) settle_resumed_length(settings, request.table, *setup);
  if (setup->checkpoint) {
    check_same_settings(*setup, request, observer);
    check_resumable(*setup->checkpoint, setup->plan.config, *setup->plan.batches);
  }
  check_memory(options, *setup);
  settle_engine(settings, *setup);
  return setup;
}

}  // namespace charrnn
