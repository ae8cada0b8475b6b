// The declared effects of settings: what is noted to have none must have none in training.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/initial_model.h"
#include "train/settings/settings.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

struct Given {
  std::string name, value;
};

// A table with the settings of a small run, some of them given.
struct SmallTable {
  explicit SmallTable(const std::vector<Given>& given) {
    settings = small_settings();
    settings.steps = 6;
    settings.declare(table);
    for (const Given& one : given) table.set(one.name, one.value, OptionSource::kCommandLine);
  }
  std::string note(const std::string& name) const {
    return table.without_effect(*table.find(name));
  }
  TrainingSettings settings;
  OptionTable table;
};

// The loss of each step, or nothing where such a network cannot be trained.
std::optional<std::vector<double>> losses(const std::vector<Given>& given) {
  SmallTable small(given);
  SmallRun fixture(small.settings);
  MersenneTwister generator(7);
  Parameters weights = fresh_values(fixture.plan.config, fixture.settings, generator);
  if (!small.settings.init_from.empty()) {
    Model model;
    MersenneTwister of_model(3);
    model.weights = Parameters(fixture.plan.config);
    fill_like_pytorch(model.weights, of_model);
    weights = grown(model, std::move(weights));
  }
  fixture.trainer->start(weights, generator, fixture.plan.total_steps);
  try {
    fixture.trainer->run();
  } catch (const Error&) {
    return std::nullopt;
  }
  return fixture.observer.losses;
}

std::vector<std::string> other_values(const Option& option) {
  if (option.is_flag()) return {"true"};
  if (option.value_name == "N") return {"0", "1", "2"};
  if (option.value_name == "X") return {"0", "0.3"};
  std::vector<std::string> values;
  for (size_t begin = 0; option.value_name.find('|') != std::string::npos;) {
    const size_t end = std::min(option.value_name.find('|', begin), option.value_name.size());
    values.push_back(option.value_name.substr(begin, end - begin));
    if (end == option.value_name.size()) break;
    begin = end + 1;
  }
  return values.empty() ? std::vector<std::string>{"5"} : values;
}

// All that can be given; values that an option refuses are left out.
std::vector<Given> all_given() {
  std::vector<Given> all;
  const SmallTable plain({});
  for (const Option& option : plain.table.options()) {
    const bool repeats = option.variable == &plain.settings.schedule_changes ||
                         option.variable == &plain.settings.earlier_settings;
    if (!option.in_config || repeats) continue;
    for (const std::string& value : other_values(option)) {
      try {
        const SmallTable with_it({{option.name(), value}});  // throws where it is refused
        all.push_back({option.name(), value});
      } catch (const Error&) {
      }
    }
  }
  return all;
}

TEST(SettingsEffect, WhatIsNotedInAnyPairOfSettingsChangesNothing) {
  int noted = 0;
  const std::vector<Given> all = all_given();
  for (const Given& one : all) {
    for (const Given& other : all) {
      if (one.name == other.name) continue;
      if (SmallTable({one, other}).note(one.name).empty()) continue;
      // Noted without the other already: then that pair has been looked at, or will be.
      if (!SmallTable({one}).note(one.name).empty() && other.name > one.name) continue;
      ++noted;
      EXPECT_EQ(losses({one, other}), losses({other}))
          << "--" << one.name << ' ' << one.value << " with --" << other.name << ' ' << other.value;
    }
  }
  EXPECT_GT(noted, 30);
}

TEST(SettingsEffect, IsNotedWhereItIsMissing) {
  const auto note = [](const std::string& name, const std::string& value,
                       const std::vector<Given>& beside) {
    std::vector<Given> given = beside;
    given.push_back({name, value});
    return SmallTable(given).note(name);
  };
  EXPECT_EQ(note("lr-decay", "0.5", {{"lr-schedule", "cosine"}}),
            "--lr-decay 0.5 has no effect: it needs --lr-schedule step");
  EXPECT_EQ(note("lr-decay", "0.5", {{"lr-schedule", "step"}}), "");
  EXPECT_EQ(note("dropout", "0.5", {{"layers", "1"}}),
            "--dropout 0.5 has no effect: it needs --layers above 1");
  EXPECT_EQ(note("dropout", "0.5", {{"layers", "2"}}), "");
  EXPECT_EQ(note("dropout", "0", {{"layers", "1"}}), "") << "it is off";
  EXPECT_EQ(note("embedding-size", "9", {{"one-hot", "true"}}),
            "--embedding-size 9 has no effect: it needs no --one-hot");
  EXPECT_EQ(note("lock-dropout", "true", {}),
            "--lock-dropout has no effect: it needs --dropout above 0 or --output-dropout above 0");
  EXPECT_NE(note("lock-dropout", "true", {{"dropout", "0.5"}, {"layers", "1"}}), "")
      << "that dropout has none itself";
  EXPECT_EQ(note("lock-dropout", "true", {{"output-dropout", "0.5"}}), "");
  EXPECT_EQ(note("forget-bias", "1", {{"init-from", "model"}}),
            "--forget-bias 1 has no effect: it needs no --init-from");
  EXPECT_NE(note("forget-bias", "1", {{"cell", "rnn"}}), "");
  EXPECT_NE(note("beta1", "0.5", {{"optimizer", "rmsprop"}}), "");
  EXPECT_NE(note("grad-clip", "3", {{"clip", "none"}}), "");
  EXPECT_EQ(note("grad-clip", "3", {{"clip", "element"}}), "") << "each needs the other";
  EXPECT_NE(note("min-lr", "0.001", {{"lr-schedule", "step"}}), "");
}

TEST(SettingsEffect, NamesOfOtherProgramsAreNamesOfOneOptionEach) {
  const SmallTable plain({});
  for (const Option& option : plain.table.options()) {
    for (const std::string& name : option.long_names) {
      EXPECT_EQ(plain.table.find(name), &option) << name;
    }
  }
  EXPECT_EQ(plain.table.find("lr_decay_factor")->name(), "lr-decay");
  EXPECT_EQ(plain.table.find("keep-bias")->name(), "forget-bias");
}

}  // namespace
}  // namespace charrnn
