// The program: picks the command, runs it, and turns every failure into two lines and an exit code.
#include <fmt/core.h>

#include <new>
#include <system_error>

#include "app/command/command_line.h"
#include "app/help.h"
#include "app/process/signals.h"
#include "base/error.h"
#include "base/json/json.h"
#include "engine/factory/make_network.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

using Commands = std::vector<std::unique_ptr<Command>>;

Command& find_command(const Commands& commands, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& command : commands) {
    if (command->name() == name) return *command;
    names.emplace_back(command->name());
  }
  const std::string near = nearest_name(name, names);
  throw Error(ErrorKind::kUsage, "unknown_command", fmt::format("unknown command '{}'", name),
              near.empty() ? "charrnn --help lists the commands there are"
                           : fmt::format("did you mean 'charrnn {}'?", near));
}

void check_arguments(const Command& command, const std::vector<std::string>& arguments) {
  const int count = static_cast<int>(arguments.size());
  const bool too_many = command.max_arguments() >= 0 && count > command.max_arguments();
  if (count >= command.min_arguments() && !too_many) return;
  throw Error(ErrorKind::kUsage, "arguments",
              too_many ? fmt::format("charrnn {}: unexpected argument '{}'", command.name(),
                                     printable(arguments[command.max_arguments()]))
                       : fmt::format("charrnn {} needs {}", command.name(), command.arguments()),
              fmt::format("usage: charrnn {}{}{} [options]", command.name(),
                          command.arguments().empty() ? "" : " ", command.arguments()));
}

int run_command(Command& command, const std::vector<std::string>& words, bool& json) {
  CommonOptions common;
  OptionTable options;
  command.declare(options);
  common.declare(options);
  json = std::find(words.begin(), words.end(), "--json") != words.end();
  const CommandLine line = parse_command_line(words, options);
  Terminal out(stdout, common.color), err(stderr, common.color);
  if (line.help) {
    out.write(command_help(command, options, out));
    return 0;
  }
  json = common.json;
  check_arguments(command, line.arguments);
  check_device(common.engine);
  Context context{common, options, line.arguments, out, err};
  const int code = command.run(context);
  out.flush();
  return code;
}

int report(const Error& error, bool json) {
  const Terminal err(stderr, ColorChoice::kAuto);
  if (json) {
    const JsonOutput object = {
        {"error", {{"code", error.code()}, {"hint", error.hint()}, {"message", error.what()}}}};
    err.line(dump_json(object));
  } else {
    err.line(fmt::format("charrnn: {} {}", err.bad("error:"), printable(error.what())));
    if (!error.hint().empty()) err.line(fmt::format("  {}", printable(error.hint())));
  }
  return static_cast<int>(error.kind());
}

int run_or_help(const std::vector<std::string>& words, bool& json) {
  const Terminal out(stdout, ColorChoice::kAuto), err(stderr, ColorChoice::kAuto);
  const Commands commands = make_commands();
  if (words.empty()) {
    err.write(program_help(commands, err));
    return static_cast<int>(ErrorKind::kUsage);
  }
  if (words[0] == "-h" || words[0] == "--help" || words[0] == "help") {
    if (words[0] == "help" && words.size() > 1) {
      return run_command(find_command(commands, words[1]), {"--help"}, json);
    }
    out.write(program_help(commands, out));
    return 0;
  }
  if (words[0] == "--version") {
    out.line("charrnn " CHARRNN_VERSION);
    return 0;
  }
  return run_command(find_command(commands, words[0]),
                     std::vector<std::string>(words.begin() + 1, words.end()), json);
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  bool json = false;
  try {
    install_signal_handlers();
    return run_or_help(words, json);
  } catch (const Error& error) {
    return report(error, json);
  } catch (const ReadingStopped&) {
    return signal_exit_code(requested_signal());
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorKind::kLimit, "out_of_memory", "out of memory",
                        "a smaller model, batch or text needs less"),
                  json);
  } catch (const std::exception& error) {
    return report(Error(ErrorKind::kInternal, "internal", error.what(),
                        "this is a bug in charrnn; please report it with the command"),
                  json);
  }
}

}  // namespace charrnn
