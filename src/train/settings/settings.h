// All settings of a training run, declared once. The defaults are those of --preset auto for a text
// of about a million characters (presets.h adapts them to the text); the values a run used are in
// its config.toml and checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/option.h"
#include "engine/engine_options.h"
#include "engine/trainable_network.h"
#include "text/corpus/documents.h"
#include "train/control/divergence_guard.h"
#include "train/control/schedule.h"

namespace charrnn {

constexpr int kMaxLayers = 64;  // of a network that is trained

enum class InitialValues { kPyTorch, kCharRnn, kOrthogonal };

struct TrainingSettings {
  // Text
  std::vector<std::string> text;
  CorpusOptions reading;
  DocumentKind documents = DocumentKind::kNone;
  int64_t min_count = 1;  // characters that occur less often become U+FFFD
  double validation_fraction = 0.1;
  double training_fraction = 0;       // 0: all but the validation part
  int64_t validation_characters = 0;  // of the validation part, from its beginning; 0: all
  // Network
  CellKind cell = CellKind::kGru;
  int layers = 1;
  int hidden_size = 512;
  int embedding_size = 64;
  bool one_hot = false;
  InitialValues initial_values = InitialValues::kPyTorch;
  double forget_bias = 0;  // added to the gate that keeps the state
  std::string init_from;
  // What a step learns from
  Objective objective = Objective::kAll;
  int sequence_length = 96;
  int batch_size = 32;
  int parts = 0;              // of a batch, summed in a tree: EngineOptions::parts
  bool stream_offset = true;  // streams begin elsewhere in each epoch
  int64_t epochs = 12;
  int64_t steps = 0;       // 0: as many as the epochs have
  double time_budget = 0;  // seconds; 0: none
  int64_t patience = 0;    // validations without gain before it stops; 0: off
  // Optimizer
  Optimizer optimizer = Optimizer::kAdam;
  double learning_rate = 4e-3;
  ScheduleKind schedule = ScheduleKind::kCosine;
  double min_learning_rate = 0;
  int64_t warmup_steps = 20;
  std::string schedule_changes;  // as read_changes takes them: a --time run's, to repeat it
  // As read_earlier_settings takes them: a resumed run's, to repeat it.
  std::vector<std::string> earlier_settings;
  double decay = 0.97;
  int64_t decay_after = 10;
  int64_t decay_every = 1;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  Clip clip = Clip::kNorm;
  double grad_clip = 1;
  double dropout = 0;
  double output_dropout = 0.4;
  double recurrent_dropout = 0;
  double embedding_dropout = 0;
  double label_smoothing = 0;
  bool lock_dropout = false;
  double average_decay = 0.999;
  OnNan on_nan = OnNan::kStop;
  bool abort_on_explode = false;
  Precision precision = Precision::kFloat32;
  // While it runs: counted in steps, so that the clock never decides what is learned
  int64_t evaluate_every = 0;       // 0: at least once an epoch, 20 to 50 times a run
  int64_t report_every = 0;         // 0: 200 times a run
  int64_t checkpoint_every = 0;     // steps; 0: by the clock alone
  double checkpoint_interval = 30;  // seconds
  int64_t sample_every = 0;
  std::string sample_prompt;
  int64_t sample_length = 200;

  void declare(OptionTable& options);
};

// Whether the parts of the text to learn from and to validate on are at most the whole of it.
bool fractions_fit(const TrainingSettings& settings);

// The part of each step's Update and Dropout that follows from the settings; the trainer sets step,
// learning rate, EMA decay and seed.
Update update_of(const TrainingSettings& settings);
Dropout dropout_of(const TrainingSettings& settings);

}  // namespace charrnn
