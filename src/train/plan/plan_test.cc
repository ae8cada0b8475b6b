#include "train/plan/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "train/plan/presets.h"

namespace charrnn {
namespace {

Corpus corpus_of(size_t characters) {
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += static_cast<char>('a' + i % 7);
  return corpus_of_text(text, {}, "test");
}

TEST(Plan, CountsStepsByEpochsOrSteps) {
  const Corpus corpus = corpus_of(1000);
  TrainingSettings settings;
  settings.batch_size = 3;
  settings.sequence_length = 20;
  settings.epochs = 4;
  Plan plan = make_plan(corpus, settings, true);
  EXPECT_EQ(plan.parts.training.size, 900u);
  EXPECT_EQ(plan.batches->batches_per_epoch(), 14);  // floor(899 / 3 / 20)
  EXPECT_EQ(plan.total_steps, 56);
  settings.steps = 10;
  EXPECT_EQ(make_plan(corpus, settings, true).total_steps, 10) << "whichever comes first";
  settings.epochs = 0;
  settings.steps = 1000;
  EXPECT_EQ(make_plan(corpus, settings, true).total_steps, 1000);
}

TEST(Plan, ShrinksTheBatchThenTheSequenceAndSaysSo) {
  const Corpus corpus = corpus_of(100);
  TrainingSettings settings;
  settings.batch_size = 50;
  settings.sequence_length = 30;
  const Plan plan = make_plan(corpus, settings, false);
  EXPECT_EQ(plan.fitted.batch_size, 2);  // 89 places, 30 a stream
  EXPECT_EQ(plan.fitted.sequence_length, 30);
  ASSERT_EQ(plan.notes.size(), 2u);
  EXPECT_NE(plan.notes[0].find("has 10 characters only"), std::string::npos);
  EXPECT_NE(plan.notes[1].find("--batch-size 2 × --seq-length 30"), std::string::npos);
  settings.sequence_length = 5000;
  const FittedSettings longest = make_plan(corpus, settings, false).fitted;
  EXPECT_EQ(longest.batch_size, 1);
  EXPECT_EQ(longest.sequence_length, 89);
}

TEST(Plan, IsAnErrorWithTheLargestSizesWhereNothingMayShrink) {
  const Corpus corpus = corpus_of(100);
  TrainingSettings settings;
  settings.batch_size = 50;
  settings.sequence_length = 30;
  try {
    make_plan(corpus, settings, true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("--batch-size 2 × --seq-length 30"),
              std::string::npos);
  }
}

TEST(Plan, WorksForTheShortestTextThereIs) {
  TrainingSettings settings;
  const Corpus three = corpus_of_text("aba", {}, "test");
  const Plan plan = make_plan(three, settings, false);
  EXPECT_EQ(plan.batches->batches_per_epoch(), 1);
  EXPECT_EQ(plan.parts.validation.size, 1u);
  EXPECT_EQ(plan.notes.size(), 2u) << "no validation loss, and smaller sizes";
}

TEST(Plan, RefusesPartsThatAreMoreThanTheText) {
  const Corpus corpus = corpus_of(1000);
  TrainingSettings settings;
  settings.training_fraction = 0.9;
  settings.validation_fraction = 0.9;
  try {
    make_plan(corpus, settings, false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

TEST(Plan, LearnsFromTheFirstPartOnlyWhereAsked) {
  const Corpus corpus = corpus_of(1000);
  TrainingSettings settings;
  settings.training_fraction = 0.5;
  EXPECT_EQ(make_plan(corpus, settings, false).parts.training.size, 500u);
}

TEST(Plan, SaysThatOneCharacterLeavesNothingToLearn) {
  TrainingSettings settings;
  const Corpus same = corpus_of_text(std::string(300, 'a'), {}, "test");
  const Plan plan = make_plan(same, settings, false);
  ASSERT_FALSE(plan.notes.empty());
  EXPECT_NE(plan.notes.back().find("repeats one character"), std::string::npos);
}

TEST(Plan, ValidatesTwentyToFiftyTimes) {
  const Corpus corpus = corpus_of(2000);
  for (const int64_t batch_size : {1, 3, 20}) {
    for (const int64_t total : {1, 30, 1000, 77777}) {
      TrainingSettings settings;
      settings.batch_size = static_cast<int>(batch_size);
      settings.sequence_length = 10;
      settings.epochs = 0;
      settings.steps = total;
      settings.validation_fraction = 0.001;  // 2 characters: takes no time
      const int64_t every = make_plan(corpus, settings, true).fitted.evaluate_every;
      const int64_t times = (total + every - 1) / every;
      EXPECT_LE(times, 60) << batch_size << " " << total;
      EXPECT_GE(times, std::min<int64_t>(total, 20)) << batch_size << " " << total;
    }
  }
}

TEST(Plan, ValidatesInAFifthOfTheTimeAtMost) {
  const Corpus corpus = corpus_of(20000);
  for (const int64_t total : {1, 5, 12, 100, 1000}) {
    TrainingSettings settings;
    settings.batch_size = 5;
    settings.sequence_length = 20;
    settings.epochs = 0;
    settings.steps = total;
    const Plan plan = make_plan(corpus, settings, true);
    const int64_t every = plan.fitted.evaluate_every;
    EXPECT_LE(every, total) << "once at least";
    const int64_t times = total / every;
    const auto validating = static_cast<double>(plan.parts.validation.size) / 3;
    const auto learning = static_cast<double>(every * 5 * 20);
    EXPECT_TRUE(times == 1 || validating <= learning / 4) << total;
    EXPECT_TRUE(total != 1000 || times >= 20) << "but it does";
  }
}

// Measured: VmHWM of `charrnn train tinyshakespeare.txt --cell lstm --layers 2 --hidden-size 512
// --batch-size 64 --seq-length 64` was 352 MB, with `--on-nan stop --recurrent-dropout 0
// --average-decay 0` 284 MB.
TEST(Plan, EstimatesTheMemoryThatTrainingWasSeenToTake) {
  TrainingSettings settings;
  settings.cell = CellKind::kLstm;
  settings.layers = 2;
  settings.hidden_size = 512;
  settings.batch_size = settings.sequence_length = 64;
  settings.on_nan = OnNan::kRollback;
  settings.recurrent_dropout = 0.1;
  settings.average_decay = 0.999;
  const ModelConfig config = model_config(settings, 65);
  EXPECT_NEAR(memory_estimate(config, settings, 1.1e6), 352e6, 15e6);
  settings.on_nan = OnNan::kStop;
  settings.recurrent_dropout = settings.average_decay = 0;
  const double of_two_parts = memory_estimate(config, settings, 1.1e6);
  EXPECT_NEAR(of_two_parts, 284e6, 15e6);
  settings.parts = 8;
  const double gradient = 4.0 * static_cast<double>(parameter_count(config));
  EXPECT_NEAR(memory_estimate(config, settings, 1.1e6) - of_two_parts, 6 * gradient, 1);
}

TEST(Plan, EstimatesMoreMemoryThanAnyMachineHasWithoutAllocatingIt) {
  TrainingSettings settings;
  settings.hidden_size = 100000;
  settings.layers = 50;
  EXPECT_GT(memory_estimate(model_config(settings, 100), settings, 1e6), 1e12);
  settings.hidden_size = 1000000;
  settings.layers = 64;
  EXPECT_GT(memory_estimate(model_config(settings, 65536), settings, 1e6), 1e15);
  EXPECT_GT(memory_limit(), 1e6);
}

struct Table {
  Table() {
    settings.declare(options);
    declare_seed(options, seed);
  }
  TrainingSettings settings;
  Seed seed;
  OptionTable options;
};

TEST(Plan, SaysWhereTheValuesThatItChangedComeFrom) {
  Table table;
  table.options.set("batch-size", "50", OptionSource::kCommandLine);
  table.options.set("seq-length", "30", OptionSource::kCommandLine);
  const Plan plan = make_plan(corpus_of(100), table.settings, false);
  take_values(plan.fitted, table.settings, table.options);
  EXPECT_EQ(table.settings.batch_size, 2);
  EXPECT_EQ(table.options.of(table.settings.batch_size).source, OptionSource::kMeasured);
  EXPECT_EQ(table.options.of(table.settings.sequence_length).source, OptionSource::kCommandLine)
      << "it fitted";
  EXPECT_GT(table.settings.evaluate_every, 0);
}

TEST(Presets, OfOtherProgramsHaveNoStreamOffset) {
  for (const Preset preset : {Preset::kAuto, Preset::kCharRnn, Preset::kNotebook}) {
    Table table;
    apply_preset(preset, {.training_characters = 1000, .vocabulary_size = 9}, table.settings,
                 table.options);
    EXPECT_EQ(table.settings.stream_offset, preset == Preset::kAuto);
  }
}

TEST(Presets, CharRnnHasThatProgramsDefaults) {
  Table table;
  apply_text_preset(Preset::kCharRnn, table.settings, table.seed, table.options);
  apply_preset(Preset::kCharRnn, {}, table.settings, table.options);
  const TrainingSettings& s = table.settings;
  EXPECT_EQ(s.cell, CellKind::kLstm);
  EXPECT_EQ(s.layers, 2);
  EXPECT_EQ(s.hidden_size, 128);
  EXPECT_TRUE(s.one_hot);
  EXPECT_EQ(s.initial_values, InitialValues::kCharRnn);
  EXPECT_EQ(s.sequence_length, 50);
  EXPECT_EQ(s.batch_size, 50);
  EXPECT_EQ(s.epochs, 50);
  EXPECT_EQ(s.optimizer, Optimizer::kRmsprop);
  EXPECT_EQ(s.beta2, 0.95);
  EXPECT_EQ(s.learning_rate, 2e-3);
  EXPECT_EQ(s.schedule, ScheduleKind::kStep);
  EXPECT_EQ(s.decay, 0.97);
  EXPECT_EQ(s.decay_after, 10);
  EXPECT_EQ(s.clip, Clip::kElement);
  EXPECT_EQ(s.grad_clip, 5);
  EXPECT_EQ(s.dropout + s.output_dropout + s.weight_decay + s.average_decay, 0);
  EXPECT_EQ(s.warmup_steps + s.patience, 0);
  EXPECT_EQ(s.validation_fraction, 0.05);
  EXPECT_EQ(table.seed.value, 123u);
}

TEST(Presets, NotebookHasTheNotebooksSettings) {
  Table table;
  apply_text_preset(Preset::kNotebook, table.settings, table.seed, table.options);
  apply_preset(Preset::kNotebook, {}, table.settings, table.options);
  const TrainingSettings& s = table.settings;
  EXPECT_EQ(s.cell, CellKind::kRnn);
  EXPECT_EQ(s.hidden_size, 256);
  EXPECT_EQ(s.embedding_size, 64);
  EXPECT_EQ(s.objective, Objective::kLast);
  EXPECT_EQ(s.sequence_length, 40);
  EXPECT_EQ(s.learning_rate, 0.003);
  EXPECT_EQ(s.grad_clip, 1);
  EXPECT_EQ(s.validation_fraction, 0);
  EXPECT_EQ(s.schedule, ScheduleKind::kConstant);
  EXPECT_EQ(s.dropout + s.output_dropout + s.weight_decay + s.average_decay, 0);
  EXPECT_EQ(s.warmup_steps + s.patience, 0);
  EXPECT_TRUE(s.reading.lowercase);
}

TEST(Presets, FillOnlyWhatNobodyGave) {
  Table table;
  table.options.set("hidden-size", "77", OptionSource::kFile);
  apply_preset(Preset::kCharRnn, {}, table.settings, table.options);
  EXPECT_EQ(table.settings.hidden_size, 77);
  EXPECT_EQ(table.options.of(table.settings.hidden_size).source, OptionSource::kFile);
  EXPECT_EQ(table.options.of(table.settings.layers).source, OptionSource::kPreset);
}

TEST(Presets, WhatDependsOnTheLengthFollowsTheStepsThatFit) {
  const auto settled = [](int64_t steps) {
    return Sizes{.hidden_size = 100, .batch_size = 10, .sequence_length = 100, .steps = steps};
  };
  const auto dropped = [&](int64_t steps) {
    Table table;
    apply_preset_for_length(Preset::kAuto, 100'000, settled(steps), table.settings, table.options);
    EXPECT_EQ(table.options.of(table.settings.output_dropout).source, OptionSource::kMeasured);
    return table.settings.output_dropout;
  };
  EXPECT_EQ(dropped(300), 0);
  EXPECT_NEAR(dropped(1000), 0.15, 1e-9);
  EXPECT_NEAR(dropped(2000), 0.3, 1e-9);
  Table table;
  apply_preset_for_length(Preset::kCharRnn, 100'000, settled(9), table.settings, table.options);
  EXPECT_EQ(table.options.of(table.settings.output_dropout).source, OptionSource::kDefault);
}

TEST(Presets, AutoHasValuesThatTheOptionsTakeForEverySize) {
  int hidden_size = 0;
  for (const int64_t characters : {2, 800, 5000, 50000, 300000, 1000000, 20000000, 1000000000}) {
    Table table;
    apply_preset(Preset::kAuto, {.training_characters = characters}, table.settings, table.options);
    for (const Option& option : table.options.options()) {
      if (option.source != OptionSource::kPreset) continue;
      EXPECT_NO_THROW(option.parse(option.show())) << option.name();
    }
    EXPECT_GE(table.settings.hidden_size, hidden_size) << "a longer text has no smaller network";
    hidden_size = table.settings.hidden_size;
  }
  EXPECT_EQ(hidden_size, 512);
}

TEST(Presets, RoundTheLastLearningRateToTwoDigitsAsPrintfDoes) {
  for (const double rate :
       {0.01, 0.005, 0.00345, 0.00375, 0.0009, 0.000299, 2.985, 37.0, 999999.0}) {
    Table table;
    table.options.assign(table.settings.learning_rate, rate, OptionSource::kCommandLine);
    apply_preset(Preset::kAuto, {.training_characters = 1000, .settled = {.learning_rate = rate}},
                 table.settings, table.options);
    char text[32];
    std::snprintf(text, sizeof(text), "%.2g", rate / 3);
    EXPECT_EQ(table.settings.min_learning_rate, std::strtod(text, nullptr)) << text;
  }
}

}  // namespace
}  // namespace charrnn
