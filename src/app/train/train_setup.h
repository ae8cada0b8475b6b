// Turns options into everything a training run needs, checked completely before anything is
// written.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/command/command.h"
#include "model/file/model_file.h"
#include "train/checkpoint/checkpoint.h"
#include "train/plan/plan.h"
#include "train/plan/presets.h"
#include "train/plan/speed.h"
#include "train/run_folder.h"

namespace charrnn {

struct TrainOptions {
  TrainingSettings settings;
  Preset preset = Preset::kAuto;
  std::string out;
  std::string config;
  bool resume = false;
  bool force = false;
  bool strict = false;
  bool dry_run = false;
  int serve_port = -1;  // of the page beside the training; -1: none

  void declare(OptionTable& options);
};

struct TrainSetup {
  std::string run_path;
  std::unique_ptr<RunFolder> run;        // open if resuming; else created later
  std::optional<Checkpoint> checkpoint;  // if resuming
  std::optional<Model> begin_with;       // --init-from
  Corpus corpus;
  Plan plan;              // refers to the corpus
  int64_t max_steps = 0;  // with --time: the end where it comes first; 0: none
  uint64_t seed = 0;
  std::string choice;    // what the preset chose, and why
  EngineOptions engine;  // what to compute on
  EngineInfo machine;    // the resulting one, once there is an engine

  double memory = 0;  // bytes, estimated
  Speed speed;        // measured with --time and --dry-run
};

// Reads the text, fills settings that are not given, fits the sizes and prints notes. Throws Error,
// and ReadingStopped after Ctrl-C.
std::unique_ptr<TrainSetup> set_up_training(TrainOptions& options, Context& context);

}  // namespace charrnn
