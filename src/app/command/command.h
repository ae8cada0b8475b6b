// The interface of a command: a name, its options (declared once), and what it does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/terminal/terminal.h"
#include "base/option.h"
#include "engine/factory/make_network.h"
#include "train/settings/seed.h"

namespace charrnn {

// Options that every command has.
struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  ColorChoice color = ColorChoice::kAuto;
  EngineOptions engine;
  Seed seed;

  void declare(OptionTable& options);
};

class Command;

// What a command runs with.
struct Context {
  const Command& command;
  CommonOptions& common;
  OptionTable& options;                // the command's and the common ones, with their sources
  std::string program;                 // as it was called: a word of commands to paste
  std::vector<std::string> arguments;  // the positional ones
  Terminal out;                        // stdout: the result alone
  Terminal err;                        // stderr: messages and progress

  // A line on stderr, unless --quiet.
  void say(std::string_view text) const;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;    // what it does, in one line
  virtual std::string_view arguments() const = 0;  // positional ones, as in "MODEL TEXT"
  virtual std::string_view examples() const = 0;   // lines "charrnn …   # what for"
  virtual int max_arguments() const { return 0; }  // -1: any number
  // Names of the options of all commands that do nothing here.
  virtual std::vector<std::string_view> without_effect() const { return {"verbose"}; }
  // For the help: gives options the values that they have where nothing is given, as far as these
  // are not their defaults. Returns a line about the values in brackets, or nothing.
  virtual std::string show_usual_values(OptionTable&) { return {}; }
  // Adds the command's own options; the targets live as long as the command.
  virtual void declare(OptionTable& options) = 0;
  // Returns the exit code. Throws Error.
  virtual int run(Context& context) = 0;
};

// One factory for each command's file.
std::unique_ptr<Command> make_notebook_command();
std::unique_ptr<Command> make_train_command();
std::unique_ptr<Command> make_sample_command();
std::unique_ptr<Command> make_eval_command();
std::unique_ptr<Command> make_data_command();
std::unique_ptr<Command> make_show_command();
std::unique_ptr<Command> make_serve_command();
std::unique_ptr<Command> make_export_command();
std::unique_ptr<Command> make_bench_command();

// All commands there are, in the order of the help.
std::vector<std::unique_ptr<Command>> make_commands();

}  // namespace charrnn
