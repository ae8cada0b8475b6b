// The list of commands, and what they have in common.
#include <fmt/core.h>

#include "app/command/command.h"
#include "base/error.h"
#include "engine/declared_engine_options.h"

namespace charrnn {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(make_notebook_command());
  commands.push_back(make_train_command());
  commands.push_back(make_sample_command());
  commands.push_back(make_eval_command());
  commands.push_back(make_data_command());
  commands.push_back(make_show_command());
  commands.push_back(make_serve_command());
  commands.push_back(make_export_command());
  commands.push_back(make_bench_command());
  return commands;
}

void CommonOptions::declare(OptionTable& options) {
  options.group("Everywhere");
  options.add("json", json, "the result as JSON on stdout").in_config = false;
  options.add("quiet,q", quiet, "no messages, no progress").in_config = false;
  options.add("verbose,v", verbose, "more messages").in_config = false;
  options
      .add_choice("color", color, "colours in the terminal",
                  {{"auto", ColorChoice::kAuto},
                   {"always", ColorChoice::kAlways},
                   {"never", ColorChoice::kNever}})
      .in_config = false;
  declare_seed(options, seed);
  declare_engine_options(options, engine);
}

void Context::say(std::string_view text) const {
  if (!common.quiet) err.line(text);
}

}  // namespace charrnn
