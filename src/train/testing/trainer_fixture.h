// For tests: a small run in memory, whose checkpoints pass through files.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "engine/factory/make_trainable_network.h"
#include "model/initial_values.h"
#include "text/corpus/corpus.h"
#include "train/plan/plan.h"
#include "train/settings/config_file.h"
#include "train/trainer.h"

namespace charrnn {

// Keeps what a run would write; saving can be made to fail.
class MemoryStore : public TrainingStore {
 public:
  void save(const CheckpointSource& source) override {
    if (failing) fail();
    checkpoints.push_back(source.collect());
  }
  void save_model(const Model& model) override {
    if (failing) fail();
    models.push_back(model);
  }
  std::string append(const Report& report) override {
    reports.push_back(report);
    return {};
  }

  bool failing = false;
  std::vector<Checkpoint> checkpoints;
  std::vector<Model> models;
  std::vector<Report> reports;

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorKind::kIo, "disk_full", "cannot write: No space left on device", "free some");
  }
};

class WatchingObserver : public TrainingObserver {
 public:
  bool stop() override { return stop_at >= 0 && steps >= stop_at; }
  void stepped(const TrainingProgress& progress, double loss) override {
    steps = progress.step;
    losses.push_back(loss);
  }
  void warned(const std::string& warning) override { warnings.push_back(warning); }
  void sample(Network&) override {
    samples.push_back(steps);
    std::this_thread::sleep_for(sample_takes);
  }

  int64_t stop_at = -1;
  int64_t steps = 0;
  std::chrono::milliseconds sample_takes{0};
  std::vector<double> losses;
  std::vector<std::string> warnings;
  std::vector<int64_t> samples;
};

// A run with its own engine, batches and store.
struct SmallRun {
  explicit SmallRun(const TrainingSettings& wanted, Device device = Device::kReference,
                    const std::string& learned = text())
      : settings(wanted), corpus(corpus_of_text(learned, {}, "test")) {
    plan = make_plan(corpus, settings, true);
    OptionTable table;
    settings.declare(table);
    take_values(plan.fitted, settings, table);
    values = setting_values(table);
    EngineOptions options;
    options.device = device;
    options.threads = 1;
    engine = make_trainable_network(plan.config, options);
    begin_with(parts());
  }

  TrainingParts parts() {
    return {.engine = *engine,
            .batches = *plan.batches,
            .validation = plan.parts.validation,
            .borders = plan.borders,
            .vocabulary = corpus.vocabulary,
            .settings = settings,
            .setting_values = values,
            .seed = 7,
            .corpus_hash = corpus.hash,
            .store = &store};
  }
  // Another trainer in place of that of parts().
  void begin_with(TrainingParts other) {
    trainer = std::make_unique<Trainer>(std::move(other), observer);
  }

  void start() {
    MersenneTwister generator(7);
    Parameters weights(plan.config);
    fill_like_pytorch(weights, generator);
    trainer->start(weights, generator, plan.total_steps);
  }
  StopReason run() {
    start();
    return trainer->run();
  }
  StopReason resume(const Checkpoint& checkpoint) {
    trainer->resume(checkpoint, plan.total_steps);
    return trainer->run();
  }

  // Words of a language with five letters, drawn unevenly, so that there is something to learn.
  static std::string text() {
    MersenneTwister generator(3);
    const std::vector<std::string> words = {"abba", "cab", "deed", "bead", "ace"};
    std::string result;
    while (result.size() < 400) {
      const auto draw = generator.u32() % 100;
      result += words[draw < 50 ? 0 : draw % words.size()] + " ";
    }
    return result;
  }

  TrainingSettings settings;
  SettingValues values;  // the same as text
  Corpus corpus;
  Plan plan;
  MemoryStore store;
  WatchingObserver observer;
  std::unique_ptr<TrainableNetwork> engine;
  std::unique_ptr<Trainer> trainer;
};

// Two layers, so that dropout between layers and all carried states are exercised.
inline TrainingSettings small_settings() {
  TrainingSettings settings;
  settings.layers = 2;
  settings.hidden_size = 5;
  settings.embedding_size = 3;
  settings.batch_size = 3;
  settings.sequence_length = 11;
  settings.epochs = 0;
  settings.steps = 25;
  settings.learning_rate = 0.02;
  settings.schedule = ScheduleKind::kConstant;
  settings.warmup_steps = 0;
  settings.weight_decay = settings.average_decay = settings.output_dropout = 0;
  settings.evaluate_every = 4;
  settings.report_every = 3;
  return settings;
}

}  // namespace charrnn
