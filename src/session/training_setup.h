// Turns a request into everything a training run needs, checked completely before anything is
// written.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/file/model_file.h"
#include "session/session_observer.h"
#include "session/training_options.h"
#include "train/checkpoint/checkpoint.h"
#include "train/plan/plan.h"
#include "train/plan/speed.h"
#include "train/run_folder.h"

namespace charrnn {

struct TrainingSetup {
  std::string run_path;
  std::unique_ptr<RunFolder> run;        // open if resuming; else created later
  std::optional<Checkpoint> checkpoint;  // if resuming
  std::optional<Model> begin_with;       // --init-from
  Corpus corpus;
  std::string kept_text;  // the text as it was read, where the run must keep a copy of it
  Plan plan;              // refers to the corpus
  int64_t max_steps = 0;  // with --time: the end where it comes first; 0: none
  uint64_t seed = 0;
  std::string choice;    // what the preset chose, and why
  EngineOptions engine;  // what to compute on
  EngineInfo machine;    // the resulting one, once there is an engine

  double memory = 0;  // bytes, estimated
  Speed speed;        // measured with --time, and for a plan alone
};

// Reads the text, settles the settings that are not given and fits the sizes. Throws Error, and
// ReadingStopped where the observer stops it.
std::unique_ptr<TrainingSetup> set_up_training(const TrainingRequest& request,
                                               SessionObserver& observer);

// What is said of a setting that changes in the middle of a run.
std::string change_text(std::string_view name, std::string_view now, std::string_view before);

}  // namespace charrnn
