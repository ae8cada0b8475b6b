// The list of commands, and what they have in common.
#include <fmt/core.h>

#include "app/command/command.h"
#include "base/error.h"

namespace charrnn {
namespace {

constexpr int kMaxThreads = 1024;  // as many as a process takes by itself at most

}  // namespace

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
  options
      .add("threads,t", engine.threads, "CPU threads; 0: one for each core this process may use",
           {0, kMaxThreads})
      .in_config = false;
  options
      .add_choice("device", engine.device,
                  "where to compute; auto: on the GPU if it is faster for this work",
                  {{"auto", Device::kAuto},
                   {"cpu", Device::kCpu},
                   {"cuda", Device::kCuda},
                   {"reference", Device::kReference}})
      .in_config = false;
  options.add("isa", engine.isa, "use this instruction set of the CPU", "NAME").in_config = false;
}

void Context::say(std::string_view text) const {
  if (!common.quiet) err.line(text);
}

}  // namespace charrnn
