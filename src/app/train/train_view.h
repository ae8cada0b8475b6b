// The terminal output of a training run: live line, warnings, samples, final summary.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/command/command.h"
#include "app/terminal/progress_line.h"
#include "app/train/training_page.h"
#include "session/training_session.h"

namespace charrnn {

class TrainView : public SessionObserver {
 public:
  explicit TrainView(const Context& context);

  // The steps begin: from here on there is a live line. page: the run's, or nullptr. unit:
  // "character" or "byte".
  void begin(TrainingPage* page, std::string_view unit);

  bool stop() override;
  void said(const std::string& note) override;
  void stepped(const TrainingProgress& progress, double loss) override;
  void validated(const TrainingProgress& progress, bool is_best) override;
  void warned(const std::string& warning) override;
  void sampled(const std::string& text) override;

  // Characters per second over the last few seconds.
  double pace() const { return pace_; }
  void end() { line_.reset(); }

 private:
  ProgressState state(const TrainingProgress& progress) const;

  void say(const std::string& line);

  const Context& context_;
  TrainingPage* page_ = nullptr;
  std::optional<ProgressLine> line_;
  std::string_view unit_;
  double smooth_loss_ = kUnknown;
  double pace_ = 0;
  double pace_seconds_ = -1;
  int64_t pace_characters_ = 0;
};

// The plan with --json.
std::string plan_json(const TrainingSession& session, const OptionTable& options, double seconds);

// The plan of a run; seconds: how long it will take, negative for unknown.
std::string plan_text(const Context& context, const TrainingSession& session, double seconds);

// outcome: what was measured of it.
std::string summary_text(const Context& context, const TrainingSession& session, StopReason reason,
                         const Outcome& outcome);

// The result with --json.
std::string result_json(const TrainingSession& session, StopReason reason, const Outcome& outcome,
                        const std::optional<Copying>& copying);

}  // namespace charrnn
