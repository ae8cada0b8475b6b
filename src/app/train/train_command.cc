// charrnn train: text files → a run folder.
#include <fmt/core.h>

#include "app/command/command.h"
#include "app/process/signals.h"
#include "app/train/train_view.h"
#include "app/train/training_page.h"
#include "serve/connections/http_server.h"
#include "session/training_session.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

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
  std::vector<std::string_view> without_effect() const override { return {}; }
  void declare(OptionTable& table) override;
  std::string show_usual_values(OptionTable& table) override;
  int run(Context& context) override;

 private:
  int train(Context& context, TrainingSession& session, TrainView& view);
  void show_end(Context& context, TrainingSession& session, StopReason reason) const;

  TrainingOptions options_;
  bool dry_run_ = false;
  int serve_port_ = -1;  // of the page beside the training; -1: none
};

// Each setting of the run with its source.
std::string settings_text(const OptionTable& table) {
  std::string text;
  for (const Option& option : table.options()) {
    if (!option.in_config) continue;
    text += fmt::format("  {:<20} {} ({})\n", option.name(), printable(option.show()),
                        source_name(option.source));
  }
  return text;
}

void TrainCommand::declare(OptionTable& table) {
  options_.declare_run(table);
  table.add("dry-run", dry_run_, "show the plan and do nothing").outside_config();
  Option& serve =
      table.add("serve", serve_port_, "show the run on a page, live; 0: any free port", {0, 65535});
  serve.value_name = "[PORT]";
  serve.alone = std::to_string(HttpOptions().port);
  serve.show = [this] { return serve_port_ < 0 ? "" : std::to_string(serve_port_); };
  serve.outside_config();
  options_.settings.declare(table);
}

std::string TrainCommand::show_usual_values(OptionTable& table) {
  apply_preset(Preset::kAuto, {.training_characters = 1'000'000, .vocabulary_size = 100},
               options_.settings, table);
  return "In brackets: what --preset auto chooses for a text of a million characters. For other "
         "texts, with --time and beside what is given, sizes, passes, rates and dropout differ; "
         "--dry-run shows them.";
}

int TrainCommand::run(Context& context) {
  const TrainingRequest request{.options = options_,
                                .table = context.options,
                                .seed = context.common.seed,
                                .engine = context.common.engine,
                                .texts = context.arguments,
                                .only_plan = dry_run_};
  TrainView view(context);
  TrainingSession session(request, view);
  if (!dry_run_) return train(context, session, view);
  const double seconds = session.estimate();
  if (context.common.json) context.out.line(plan_json(session, context.options, seconds));
  if (context.common.json && context.common.quiet) return 0;
  context.say(context.err.dim(session.setup().choice));
  context.err.write(plan_text(context, session, seconds));
  if (context.common.verbose) context.err.write(settings_text(context.options));
  return 0;
}

int TrainCommand::train(Context& context, TrainingSession& session, TrainView& view) {
  session.prepare();
  std::unique_ptr<TrainingPage> page;  // first: nothing is written where its port is taken
  if (serve_port_ >= 0) {
    page = std::make_unique<TrainingPage>(context, session.setup().run_path, serve_port_);
  }
  session.create_run();
  if (!session.setup().checkpoint && !context.common.quiet) {
    const double budget = options_.settings.time_budget;
    context.say(context.err.dim(session.setup().choice));
    context.err.write(plan_text(context, session, budget > 0 ? budget : -1));
  }
  view.begin(page.get(), unit_name(session.setup().corpus.vocabulary.encoding()));
  const StopReason reason = session.train();
  view.end();
  show_end(context, session, reason);
  if (page) page->stay();
  return reason == StopReason::kSignal ? signal_exit_code(requested_signal()) : 0;
}

void TrainCommand::show_end(Context& context, TrainingSession& session, StopReason reason) const {
  if (context.common.quiet && !context.common.json) return;
  std::optional<Copying> copying;
  if (reason != StopReason::kSignal) copying = session.measure_copying();
  const Outcome outcome = session.outcome(reason, copying);
  if (context.common.json) {
    context.out.line(result_json(session, reason, outcome, copying));
    context.out.flush();  // stands whole where both streams lead into one file
  }
  if (!context.common.quiet) {
    context.err.write(summary_text(context, session, reason, outcome));
  }
}

}  // namespace

std::unique_ptr<Command> make_train_command() { return std::make_unique<TrainCommand>(); }

}  // namespace charrnn
