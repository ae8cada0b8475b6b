// The terminal output of a training run: live line, warnings, samples, final summary.
#pragma once

#include <optional>
#include <string>

#include "app/command/command.h"
#include "app/terminal/progress_line.h"
#include "app/train/copying.h"
#include "app/train/train_setup.h"
#include "app/train/training_page.h"
#include "evaluate/ngram/baseline.h"
#include "train/trainer.h"

namespace charrnn {

class TrainView : public TrainingObserver {
 public:
  // page: the run's, or nullptr.
  TrainView(const Context& context, const TrainSetup& setup, const TrainingSettings& settings,
            TrainingPage* page);

  bool stop() override;
  void stepped(const TrainingProgress& progress, double loss) override;
  void reported(const Report& report) override;
  void validated(const TrainingProgress& progress, bool is_best) override;
  void warned(const std::string& warning) override;
  void sample(Engine& engine) override;

  // Characters per second over the last few seconds.
  double pace() const { return pace_; }
  void close() { line_.clear(); }

 private:
  ProgressState state(const TrainingProgress& progress) const;

  const Context& context_;
  const TrainSetup& setup_;
  const TrainingSettings& settings_;
  TrainingPage* page_;
  ProgressLine line_;
  double smooth_loss_ = kUnknown;
  double pace_ = 0;
  double pace_seconds_ = -1;
  int64_t pace_characters_ = 0;
  int64_t samples_ = 0;
  int64_t step_ = 0;
};

// What is measured in addition to the run.
struct EndFigures {
  Baseline baseline;
  std::optional<Copying> copying;
  double seconds_left = 0;  // of a time budget, when the run was stopped
  int64_t losses_without_gain = 0;
};

// The plan of --dry-run; seconds: how long it would take, negative for unknown.
std::string plan_text(const Context& context, const TrainSetup& setup,
                      const TrainingSettings& settings, double seconds);

std::string summary_text(const Context& context, const TrainSetup& setup,
                         const TrainingProgress& progress, StopReason reason,
                         const EndFigures& figures);

// The result with --json.
std::string result_json(const TrainSetup& setup, const TrainingProgress& progress,
                        StopReason reason, const EndFigures& figures);

}  // namespace charrnn
