// Options of char-rnn and torch-rnn that have no counterpart under the same meaning here, and what
// to give instead. Those that have one are other names of ours (Option::called).
#pragma once

#include <optional>
#include <string_view>

namespace charrnn {

struct ForeignOption {
  std::string_view name;  // with dashes, without those before it
  std::string_view program;
  std::string_view instead;  // what to do, for the line below an error
};

// name: with dashes or underscores.
std::optional<ForeignOption> foreign_option(std::string_view name);

}  // namespace charrnn
