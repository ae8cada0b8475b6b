// For tests: a folder of runs, and a program that stands in for `charrnn train`. What it does, it
// reads as its text: the lines of a shell script. It notes how it was called in RUN/called.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/testing/temporary_folder.h"
#include "serve/http/api_error.h"
#include "serve/trainings/trainings.h"

namespace charrnn {

class TrainingFolder : public TemporaryFolder {
 public:
  TrainingFolder() {
    std::ofstream(path("trainer")) << R"sh(#!/bin/sh
for word; do case $word in --out=*) run=${word#--out=};; esac; done
(echo "$@" > "$run/called")  # in another process: what this one writes to is how it is known
(nice > "$run/niceness")
stop() { echo '{"stopped":"signal"}'; exit 130; }
trap stop INT
[ "$2" = - ] && (cat > "$run/text.txt")
(echo a run > "$run/config.toml")
. "$run/text.txt"
)sh";
    std::filesystem::permissions(path("trainer"), std::filesystem::perms::owner_all);
  }

  TrainingRules rules() const {
    TrainingRules rules;
    rules.why_not.clear();
    rules.folder = path("runs");
    rules.program = path("trainer");
    return rules;
  }

  // What a training waits with until it is stopped.
  static constexpr const char* kWait = "while :; do sleep 0.01; done\n";
  static constexpr const char* kFinish = "echo '{\"stopped\":\"steps\"}'\n";

  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path("runs/" + name)).rdbuf();
    return text.str();
  }

  // The training as the list has it; null where it is not there.
  static JsonValue find(Trainings& trainings, const std::string& id) {
    const JsonValue list = parse_json(dump_json(trainings.list()));
    for (const JsonValue& one : list.at("trainings")) {
      if (one.at("id").text() == id) return one;
    }
    return {};
  }
  static std::string state(Trainings& trainings, const std::string& id) {
    const JsonValue one = find(trainings, id);
    return one.is_null() ? "none" : one.at("state").text();
  }
  static bool await(Trainings& trainings, const std::string& id, const std::string& wanted) {
    for (int i = 0; i < 6000 && state(trainings, id) != wanted; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(state(trainings, id), wanted);
    return state(trainings, id) == wanted;
  }
};

// "status param code" of what it throws.
inline std::string refusal_of_training(const std::function<void()>& action) {
  try {
    action();
  } catch (const ApiError& error) {
    return std::to_string(error.status) + " " + (error.param.empty() ? "-" : error.param) + " " +
           error.code;
  } catch (const Error& error) {
    return "error " + error.code();
  }
  return "none";
}

}  // namespace charrnn
