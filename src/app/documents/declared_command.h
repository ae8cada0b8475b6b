// A command with its options, as what documents it reads them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/command/command.h"

namespace charrnn {

class DeclaredCommand {
 public:
  explicit DeclaredCommand(Command& command) : command_(command) {
    command.declare(options_);
    common_.declare(options_);
    note_ = command.show_usual_values(options_);
  }
  DeclaredCommand(const DeclaredCommand&) = delete;
  DeclaredCommand& operator=(const DeclaredCommand&) = delete;

  const Command& command() const { return command_; }
  // About the values of the options where nothing is given; may be empty.
  const std::string& note() const { return note_; }

  // Those that have an effect, in the order of the help. They live as long as this.
  std::vector<const Option*> options() && = delete;
  std::vector<const Option*> options() const& {
    const std::vector<std::string_view> hidden = command_.without_effect();
    std::vector<const Option*> shown;
    for (const Option& option : options_.options()) {
      if (std::ranges::find(hidden, option.name()) == hidden.end()) shown.push_back(&option);
    }
    return shown;
  }

 private:
  Command& command_;
  CommonOptions common_;
  OptionTable options_;
  std::string note_;
};

}  // namespace charrnn
