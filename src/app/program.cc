// The program: picks the command, runs it, and turns every failure into two lines and an exit code.
#include <fmt/core.h>
#include <unistd.h>

#include <new>

#include "app/command/as_called.h"
#include "app/command/command_line.h"
#include "app/command/usage.h"
#include "app/documents/documents.h"
#include "app/help.h"
#include "app/process/signals.h"
#include "app/process/standard_streams.h"
#include "app/terminal/stdout_stream.h"
#include "app/terminal/word_wrap.h"
#include "base/caught_error.h"
#include "base/error.h"
#include "base/json/json.h"
#include "engine/factory/make_network.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"
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
  throw Error(ErrorKind::kUsage, "unknown_command",
              fmt::format("unknown command {}", in_quotes(name)),
              near.empty() ? "charrnn --help lists the commands there are"
                           : fmt::format("did you mean charrnn {}?", near));
}

void check_arguments(const Command& command, const std::vector<std::string>& arguments) {
  const int count = static_cast<int>(arguments.size());
  if (command.max_arguments() < 0 || count <= command.max_arguments()) return;
  throw Error(ErrorKind::kUsage, "arguments",
              fmt::format("charrnn {}: unexpected argument '{}'", command.name(),
                          printable(arguments[command.max_arguments()])),
              usage_of(command));
}

int run_command(Command& command, const std::vector<std::string>& words, const std::string& program,
                bool& json) {
  CommonOptions common;
  OptionTable options;
  command.declare(options);
  common.declare(options);
  json = std::find(words.begin(), words.end(), "--json") != words.end();
  const CommandLine line = parse_command_line(words, options);
  Terminal out(stdout, common.color), err(stderr, common.color);
  if (line.help) {
    const std::string note = command.show_usual_values(options);
    out.write(command_help(command, options, note, program, out));
    return 0;
  }
  json = common.json;
  check_arguments(command, line.arguments);
  check_device(common.engine);
  Context context{command, common, options, program, line.arguments, out, err};
  for (const std::string_view name : command.without_effect()) {
    const Option* option = options.find(name);
    if (option->source != OptionSource::kCommandLine) continue;
    context.say(fmt::format("--{} has no effect on charrnn {}", name, command.name()));
  }
  return command.run(context);
}

// What was printed before a failure stands before its message.
void flush_what_was_printed() {
  try {
    standard_output().flush();
  } catch (const std::exception&) {
    // The failure that is reported came first.
  }
}

int report(const Error& error, const std::string& program, bool json) {
  flush_what_was_printed();
  const Terminal err(stderr, ColorChoice::kAuto);
  const std::string hint = as_called(error.hint(), program);
  if (json) {
    const JsonOutput object = {
        {"error", {{"code", error.code()}, {"hint", hint}, {"message", error.what()}}}};
    err.line(dump_json(object));
  } else {
    err.line(
        fitted(err, fmt::format("charrnn: {} {}", err.bad("error:"), printable(error.what()))));
    if (!hint.empty()) err.line(fmt::format("  {}", printable(hint)));
  }
  return static_cast<int>(error.kind());
}

int run_or_help(const std::vector<std::string>& words, const std::string& program, bool& json) {
  const Terminal out(stdout, ColorChoice::kAuto), err(stderr, ColorChoice::kAuto);
  const Commands commands = make_commands();
  if (words.empty()) {
    err.write(program_help(commands, program, err));
    return static_cast<int>(ErrorKind::kUsage);
  }
  if (words[0] == "-h" || words[0] == "--help" || words[0] == "help") {
    if (words[0] == "help" && words.size() > 1 && words[1].starts_with("--") &&
        words[1] != "--help") {
      out.write(document(std::vector<std::string>(words.begin() + 1, words.end()), commands));
      return 0;
    }
    if (words[0] == "help" && words.size() > 1 && !words[1].starts_with("-")) {
      return run_command(find_command(commands, words[1]), {"--help"}, program, json);
    }
    out.write(program_help(commands, program, out));
    return 0;
  }
  if (words[0] == "--version") {
    out.line("charrnn " CHARRNN_VERSION);
    return 0;
  }
  return run_command(find_command(commands, words[0]),
                     std::vector<std::string>(words.begin() + 1, words.end()), program, json);
}

int run_and_report(const std::vector<std::string>& words, const std::string& program, bool& json) {
  try {
    open_standard_streams();
    install_signal_handlers();
    const int code = run_or_help(words, program, json);
    standard_output().flush();
    return code;
  } catch (const ReadingStopped&) {
    flush_what_was_printed();
    return signal_exit_code(requested_signal());
  } catch (...) {
    return report(caught_error("the command"), program, json);
  }
}

// Says it without allocating anything.
int report_without_memory(bool json) {
  const int error = ::fileno(stderr);
  const auto say = [error](std::string_view text) {
    return ::write(error, text.data(), text.size()) >= 0;
  };
  const bool said = json ? say("{\"error\":{\"code\":\"out_of_memory\",\"hint\":\"") &&
                               say(kLessMemory) && say("\",\"message\":\"") && say(kOutOfMemory) &&
                               say("\"}}\n")
                         : say("charrnn: error: ") && say(kOutOfMemory) && say("\n  ") &&
                               say(kLessMemory) && say("\n");
  static_cast<void>(said);  // there is nowhere left to say so
  return static_cast<int>(ErrorKind::kLimit);
}

}  // namespace

int run_program(const std::vector<std::string>& words, const std::string& called_as) {
  bool json = false;
  try {
    const std::string program = shell_argument(called_as.empty() ? "charrnn" : called_as);
    return run_and_report(words, program, json);
  } catch (const std::bad_alloc&) {  // not even a message could be put together
    return report_without_memory(json);
  }
}

}  // namespace charrnn
