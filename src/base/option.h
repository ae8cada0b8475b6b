// Options, declared once: parser, help, environment, config file and `config.toml` all read this
// table.
//
//   struct SampleOptions {
//     double temperature = 1;
//     void declare(OptionTable& table) {
//       table.add("temp,temperature", temperature, "0 is greedy", {.min = 0});
//     }
//   };
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number.h"

namespace charrnn {

// Where an option's value came from; a later source beats an earlier one.
enum class OptionSource { kDefault, kPreset, kConfig, kEnvironment, kCommandLine };

struct Option {
  std::vector<std::string> long_names;  // without dashes; the first is the main one
  std::string short_name;               // one letter, or empty
  std::string help;
  std::string value_name;  // in the help: N, X, TEXT, "rnn|lstm|gru"; empty for a flag
  std::string group;       // heading in the help
  bool repeatable = false;
  std::string alone;      // the value if the option stands alone; empty: one is required
  bool in_config = true;  // is written to a run's config.toml
  OptionSource source = OptionSource::kDefault;
  std::function<void(std::string_view)> parse;         // throws Error; a repeatable option appends
  std::function<void()> clear;                         // forgets the values of a repeatable option
  std::function<std::string()> show;                   // the current value as parse reads it
  std::function<std::vector<std::string>()> show_all;  // the values of a repeatable option

  const std::string& name() const { return long_names.front(); }
  bool is_flag() const { return value_name.empty(); }
};

class OptionTable {
 public:
  // names: "prompt,p" — long names and at most one letter, comma-separated.
  Option& add(std::string_view names, bool& target, std::string_view help);
  Option& add(std::string_view names, int& target, std::string_view help, IntegerRange range = {});
  Option& add(std::string_view names, int64_t& target, std::string_view help,
              IntegerRange range = {});
  Option& add(std::string_view names, uint64_t& target, std::string_view help);
  Option& add(std::string_view names, double& target, std::string_view help, RealRange range = {});
  Option& add(std::string_view names, std::string& target, std::string_view help,
              std::string_view value_name = "TEXT");
  Option& add(std::string_view names, std::vector<std::string>& target, std::string_view help,
              std::string_view value_name = "TEXT");
  // Seconds, written 30s, 10m, 2h; 0 stands for "not given".
  Option& add_duration(std::string_view names, double& seconds, std::string_view help);

  // One of a few names.
  template <class Enum>
  Option& add_choice(std::string_view names, Enum& target, std::string_view help,
                     std::vector<std::pair<std::string, Enum>> choices);

  // Options added from here on stand under this heading in the help.
  void group(std::string_view heading) { group_ = heading; }

  std::vector<Option>& options() { return options_; }
  const std::vector<Option>& options() const { return options_; }

  // By any of its long names, dashes or underscores; nullptr where there is none.
  Option* find(std::string_view name);
  const Option* find(std::string_view name) const;
  bool given(std::string_view name) const;  // by the person: config, environment, command line

  // Sets an option unless a stronger source has set it. Unknown names throw (kUsage).
  void set(std::string_view name, std::string_view value, OptionSource source);

  // The known name nearest to a misspelt one, or empty where none is near (edit distance ≤ 2).
  std::string nearest(std::string_view name) const;

 private:
  Option& append(std::string_view names, std::string_view help, std::string_view value_name);
  Option& append_choice(std::string_view names, std::string_view help,
                        std::vector<std::string> choices, std::function<void(size_t)> choose,
                        std::function<size_t()> chosen);

  std::vector<Option> options_;
  std::string group_;
};

// The member of `known` within edit distance 2 of `name`, or empty.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

template <class Enum>
Option& OptionTable::add_choice(std::string_view names, Enum& target, std::string_view help,
                                std::vector<std::pair<std::string, Enum>> choices) {
  std::vector<std::string> labels;
  for (const auto& choice : choices) labels.push_back(choice.first);
  return append_choice(
      names, help, std::move(labels),
      [&target, choices](size_t index) { target = choices[index].second; },
      [&target, choices] {
        size_t index = 0;
        while (index + 1 < choices.size() && choices[index].second != target) ++index;
        return index;
      });
}

}  // namespace charrnn
