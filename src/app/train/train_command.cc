// charrnn train: text files → a run folder.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/command/command.h"
#include "app/command/machine_text.h"
#include "app/command/status_line.h"
#include "app/process/signals.h"
#include "app/train/baseline_line.h"
#include "app/train/train_budget.h"
#include "app/train/train_setup.h"
#include "app/train/train_view.h"
#include "app/train/training_page.h"
#include "base/error.h"
#include "evaluate/ngram/baseline.h"
#include "model/parameters.h"
#include "train/checkpoint/passage.h"
#include "train/initial_model.h"
#include "train/plan/speed.h"
#include "train/settings/config_file.h"
#include "train/trainer.h"

namespace charrnn {
namespace {

using Clock = std::chrono::steady_clock;

class TrainCommand : public Command {
 public:
  std::string_view name() const override { return "train"; }
  std::string_view summary() const override { return "learn from a text"; }
  std::string_view arguments() const override { return "TEXT…"; }
  std::string_view examples() const override {
    return "charrnn train book.txt                      # sizes chosen by the text\n"
           "charrnn train book.txt --time 5m            # the best that five minutes can do\n"
           "charrnn train book.txt --cell lstm --layers 2 --hidden-size 256 --epochs 20\n"
           "charrnn train book.txt --serve              # watch it in the browser\n"
           "charrnn train --resume -o runs/book         # go on after Ctrl-C";
  }
  int max_arguments() const override { return -1; }
  void declare(OptionTable& options) override { options_.declare(options); }
  int run(Context& context) override;

 private:
  int train(Context& context, TrainSetup& setup);
  void plan_budget(Context& context, TrainSetup& setup, Engine& engine);
  void create_run(Context& context, TrainSetup& setup);
  void add_notes(Context& context, TrainSetup& setup);
  void keep_length(Context& context, TrainSetup& setup, const TrainingProgress& progress);
  std::string heading(const TrainSetup& setup) const;
  TrainingParts parts(Context& context, TrainSetup& setup, Engine& engine) const;
  void show_end(Context& context, const TrainSetup& setup, Trainer& trainer, Engine& engine,
                StopReason reason) const;
  void measure_what_to_beat(Context& context, const TrainSetup& setup);
  double spent() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  TrainOptions options_;
  Baseline baseline_;
  Clock::time_point start_ = Clock::now();
};

// Of a time budget: what is kept for the words at the end.
double seconds_after(double budget) { return std::min(0.005 * budget, 0.5); }

// The weights to begin with and the generator behind them.
Parameters first_weights(const TrainSetup& setup, const TrainingSettings& settings,
                         MersenneTwister& generator) {
  Parameters weights = fresh_values(setup.plan.config, settings, generator);
  return setup.begin_with ? grown(*setup.begin_with, std::move(weights)) : weights;
}

// A checkpoint holds up to nine numbers for each weight; while one is written there are the one
// before it and the one before that.
void warn_of_little_room(const Context& context, const TrainSetup& setup) {
  const double checkpoint = 9 * 4 * static_cast<double>(parameter_count(setup.plan.config));
  std::error_code error;
  const auto room = std::filesystem::space(setup.run_path, error).available;
  if (error || static_cast<double>(room) >= 3.5 * checkpoint) return;
  context.say(fmt::format("{} there is little room on the disk: {}B, and a run keeps about {}B",
                          context.err.warning("warning:"), short_number(static_cast<double>(room)),
                          short_number(3.5 * checkpoint)));
}

int TrainCommand::run(Context& context) {
  std::unique_ptr<TrainSetup> setup;
  try {
    setup = set_up_training(options_, context);
  } catch (const ReadingStopped&) {
    return signal_exit_code(requested_signal());
  }
  return train(context, *setup);
}

// Measures the speed where --time is to be kept, or only the plan is wanted.
void TrainCommand::plan_budget(Context& context, TrainSetup& setup, Engine& engine) {
  TrainingSettings& settings = options_.settings;
  const double budget = settings.time_budget;
  const bool measure = options_.dry_run || budget > 0;
  if (setup.checkpoint || !measure) {
    if (!options_.dry_run) measure_what_to_beat(context, setup);
    if (options_.dry_run) {
      context.say(context.err.dim(setup.choice));
      context.err.write(plan_text(context, setup, settings, -1));
    }
    return;
  }
  MersenneTwister generator(setup.seed);
  engine.load({.weights = first_weights(setup, settings, generator),
               .first_moment = {},
               .second_moment = {},
               .average = {}});
  setup.speed = measure_speed(engine, *setup.plan.batches, setup.plan.parts.validation, settings,
                              budget > 0 ? std::min(0.01 * budget, 2.0) : 0.5);
  if (budget > 0) limit_validation(context, options_, setup);
  if (!options_.dry_run) measure_what_to_beat(context, setup);
  if (budget > 0) {
    fit_budget(context, options_, setup, budget - spent() - seconds_after(budget));
  }
  if (!options_.dry_run) return;
  const auto total = static_cast<double>(setup.plan.total_steps);
  const double validations =
      total / static_cast<double>(std::max<int64_t>(1, settings.evaluate_every));
  const double seconds = spent() + setup.speed.step * total + setup.speed.validation * validations;
  context.say(context.err.dim(setup.choice));
  context.err.write(plan_text(context, setup, settings, seconds));
}

// A budget's run is repeated by its steps: the time that they took plays no part in it then.
void TrainCommand::keep_length(Context& context, TrainSetup& setup,
                               const TrainingProgress& progress) {
  if (options_.settings.time_budget <= 0) return;
  options_.settings.steps = progress.step;
  options_.settings.schedule_changes = changes_text(progress.changes);
  setup.run->write_config(config_text(context.options, heading(setup)));
}

std::string TrainCommand::heading(const TrainSetup& setup) const {
  return fmt::format(
      "# A run of charrnn {}. The same model again: charrnn train --config THIS_FILE --out RUN\n"
      "# Chosen by: {}\n"
      "# Computed on: {}\n",
      CHARRNN_VERSION, setup.choice, machine_text(setup.machine));
}

void TrainCommand::create_run(Context& context, TrainSetup& setup) {
  TrainingSettings& settings = options_.settings;
  if (setup.run == nullptr) {
    setup.run = RunFolder::create(setup.run_path, options_.force || options_.resume);
    if (!setup.run->moved_to().empty()) {
      context.say(fmt::format("the old run is now {}", printable(setup.run->moved_to())));
    }
  }
  warn_of_little_room(context, setup);
  if (!setup.corpus.can_be_read_again) {
    std::vector<int32_t> ids(setup.corpus.ids.size());
    setup.corpus.ids.copy(0, ids);
    setup.run->write_text(setup.corpus.vocabulary.text(ids));
    settings.text = {setup.run->text_path()};
    context.say(fmt::format("the text cannot be read again: a copy is kept ({})",
                            printable(setup.run->text_path())));
  }
  setup.run->write_config(config_text(context.options, heading(setup)));
  setup.run->write_passage(passage_of(setup.plan.parts, setup.corpus.vocabulary));
  setup.run->begin_metrics(setup.checkpoint ? setup.checkpoint->progress.step : 0);
  add_notes(context, setup);
}

// What metrics.jsonl says of the run as a whole: the figures to beat, once, and for --time when it
// is to end, which is in no setting (a resumed run says so anew, with null where it has no such
// end).
void TrainCommand::add_notes(Context& context, TrainSetup& setup) {
  const std::vector<std::string> notes = setup.run->notes();
  const auto add = [&](const std::string& line) {
    const std::string problem = setup.run->append_note(line);
    if (!problem.empty()) context.say(printable(problem));
  };
  const std::string to_beat = baseline_line(baseline_);
  const bool is_kept = std::ranges::any_of(
      notes, [](const std::string& line) { return read_baseline_line(line).has_value(); });
  if (!is_kept && !to_beat.empty()) add(to_beat);
  const double budget = options_.settings.time_budget;
  const double before = setup.checkpoint ? setup.checkpoint->progress.seconds : 0;
  if (budget > 0) {
    add(fmt::format("{{\"total_seconds\":{:.3f}}}\n",
                    before + std::max(0.0, budget - spent() - seconds_after(budget))));
  } else if (std::ranges::any_of(notes, [](const std::string& line) {
               return line.find("\"total_seconds\"") != std::string::npos;
             })) {
    add("{\"total_seconds\":null}\n");
  }
}

TrainingParts TrainCommand::parts(Context& context, TrainSetup& setup, Engine& engine) const {
  return {.engine = engine,
          .batches = *setup.plan.batches,
          .validation = setup.plan.parts.validation,
          .borders = setup.plan.borders,
          .vocabulary = setup.corpus.vocabulary,
          .settings = options_.settings,
          .setting_values = setting_values(context.options),
          .seed = setup.seed,
          .corpus_hash = setup.corpus.hash,
          .seconds_spent = spent(),
          .seconds_reserved = seconds_after(options_.settings.time_budget),
          .step_seconds = setup.speed.step,
          .validation_seconds = setup.speed.validation,
          .store = setup.run.get()};
}

int TrainCommand::train(Context& context, TrainSetup& setup) {
  const std::unique_ptr<Engine> engine = make_engine(setup.plan.config, setup.engine);
  setup.machine = engine->info();
  plan_budget(context, setup, *engine);
  if (options_.dry_run) return 0;
  std::unique_ptr<TrainingPage> page;  // first: nothing is written where its port is taken
  if (options_.serve_port >= 0) {
    page = std::make_unique<TrainingPage>(context, setup.run_path, options_.serve_port);
  }
  create_run(context, setup);
  if (!setup.checkpoint) {
    context.say(context.err.dim(setup.choice));
    context.err.write(
        context.common.quiet
            ? ""
            : plan_text(context, setup, options_.settings,
                        options_.settings.time_budget > 0 ? options_.settings.time_budget : -1));
  }
  TrainView view(context, setup, options_.settings, page.get());
  Trainer trainer(parts(context, setup, *engine), view);
  if (setup.checkpoint) {
    trainer.resume(std::move(*setup.checkpoint), setup.plan.total_steps);
    context.say(fmt::format("going on at step {} of {} ({})", trainer.progress().step,
                            setup.plan.total_steps, machine_text(setup.machine)));
  } else {
    MersenneTwister generator(setup.seed);
    const Parameters weights = first_weights(setup, options_.settings, generator);
    setup.begin_with.reset();
    trainer.start(weights, generator, setup.plan.total_steps);
  }
  const StopReason reason = trainer.run();
  view.close();
  if (reason != StopReason::kSignal) keep_length(context, setup, trainer.progress());
  show_end(context, setup, trainer, *engine, reason);
  if (page) page->stay();
  return reason == StopReason::kSignal ? signal_exit_code(requested_signal()) : 0;
}

void TrainCommand::show_end(Context& context, const TrainSetup& setup, Trainer& trainer,
                            Engine& engine, StopReason reason) const {
  const TrainingProgress& progress = trainer.progress();
  EndFigures figures = {.baseline = baseline_, .copying = std::nullopt};
  if (options_.settings.time_budget > 0) {
    figures.seconds_left = options_.settings.time_budget - spent();
  }
  if (reason != StopReason::kSignal && (context.common.json || !context.common.quiet)) {
    constexpr double kMaxSeconds = 2;
    const double budget = options_.settings.time_budget;
    figures.copying = measure_copying(engine, trainer.model(), setup.plan.parts.training,
                                      budget > 0 ? seconds_after(budget) : kMaxSeconds);
  }
  if (context.common.json) context.out.line(result_json(setup, progress, reason, figures));
  if (context.common.quiet) return;
  context.err.write(summary_text(context, setup, progress, reason, figures));
}

// What an n-gram model and a compressor make of the validation part: measured once in a run, before
// it begins, and kept in metrics.jsonl.
void TrainCommand::measure_what_to_beat(Context& context, const TrainSetup& setup) {
  if (setup.checkpoint) {
    for (const std::string& line : setup.run->notes()) {
      if (const auto known = read_baseline_line(line)) {
        baseline_ = *known;
        return;
      }
    }
  }
  constexpr double kPartOfBudget = 0.02, kMaxSeconds = 10;
  const double budget = options_.settings.time_budget;
  const Split& parts = setup.plan.parts;
  if (parts.validation.size < 2) return;
  StatusLine status(context, "measuring what to beat");
  baseline_ =
      measure_baseline(setup.corpus.vocabulary, parts.training, parts.validation,
                       budget > 0 ? std::min(kPartOfBudget * budget, kMaxSeconds) : kMaxSeconds,
                       [] { return requested_signal() != 0; });
}

}  // namespace

std::unique_ptr<Command> make_train_command() { return std::make_unique<TrainCommand>(); }

}  // namespace charrnn
