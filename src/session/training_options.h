// What a training is asked to do: where its run is kept, its settings, and what chooses the rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "engine/engine_options.h"
#include "train/plan/presets.h"
#include "train/settings/seed.h"
#include "train/settings/settings.h"

namespace charrnn {

struct TrainingOptions {
  TrainingSettings settings;
  Preset preset = Preset::kAuto;
  std::string out;          // the run's folder; empty: runs/NAME OF THE TEXT
  std::string config;       // a file of settings to begin with
  std::string tensorboard;  // a folder for TensorBoard's events; empty: none are written
  bool tensorboard_weights = false;
  bool resume = false;
  bool force = false;
  bool strict = false;

  // All but the settings, under a heading of their own.
  void declare_run(OptionTable& table);
};

// The options with their table. All that is borrowed must outlive the session.
struct TrainingRequest {
  TrainingOptions& options;
  OptionTable& table;  // of options.settings and seed at least: where each value came from
  Seed& seed;
  EngineOptions engine;
  std::vector<std::string> texts;  // files or folders; empty: options.settings.text
  // In place of them: a text in memory, of which the run keeps a copy. Needs options.out.
  std::optional<std::string_view> text_in_memory = std::nullopt;
  bool only_plan = false;  // nothing is written, and no run may be in the way
};

}  // namespace charrnn
