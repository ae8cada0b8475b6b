// Options, declared once: parser, help, environment, config file and `config.toml` all read this
// table.
//
//   struct SampleOptions {
//     double temperature = 1;
//     void declare(OptionTable& table) {
//       table.add("temp,temperature", temperature, "0 is greedy", {.min = 0});
//     }
//   };
//
// The readers of command line, environment and files set options by name and text (set). The
// program itself sets them by variable and value (assign), with the source that the value is from:
//
//   table.assign(options.temperature, 0.8, OptionSource::kPreset);
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/number.h"

namespace charrnn {

// Where an option's value came from; a later source beats an earlier one.
enum class OptionSource {
  kDefault,
  kPreset,       // --preset, for what nobody gave
  kMeasured,     // the speed of this machine, for --time
  kModel,        // the model to begin with
  kFile,         // --config, or the run to go on with
  kEnvironment,  // CHARRNN_…
  kCommandLine
};
std::string_view source_name(OptionSource source);

// What another value means for a run that goes on.
enum class OnResume {
  kMayChange,
  kFixed,     // an error: what is saved means something under the old value alone
  kNoEffect,  // the option is for the beginning of a run
};

// An option has an effect only where another one has a certain value.
struct OptionNeed {
  const void* variable;         // the other option's
  std::function<bool()> holds;  // does it have such a value?
  std::string value;            // that value in words, such as "above 0"
};

struct Option {
  std::vector<std::string> long_names;  // without dashes; the first is the main one
  std::string short_name;               // one letter, or empty
  std::string help;
  std::string value_name;  // in the help: N, X, TEXT, "rnn|lstm|gru"; empty for a flag
  std::string group;       // heading in the help
  bool repeatable = false;
  std::string alone;      // the value if the option stands alone; empty: one is required
  bool in_config = true;  // is written to a run's config.toml
  OnResume on_resume = OnResume::kMayChange;
  std::vector<std::pair<std::string, std::string>> foreign_names;  // program, long name
  std::vector<std::vector<OptionNeed>> needs;                      // one of each list must hold
  OptionSource source = OptionSource::kDefault;
  std::string given_as;                                // the long name that it was last set by
  const void* variable = nullptr;                      // that holds its value
  std::function<void(std::string_view)> parse;         // throws Error; a repeatable option appends
  std::function<void()> clear;                         // forgets the values of a repeatable option
  std::function<std::string()> show;                   // the current value as parse reads it
  std::function<std::vector<std::string>()> show_all;  // the values of a repeatable option

  const std::string& name() const { return long_names.front(); }
  bool is_flag() const { return value_name.empty(); }
  // By a person, for this invocation.
  bool is_given() const { return source >= OptionSource::kEnvironment; }

  // For declarations, after add():
  // names: what another program calls it, comma-separated.
  Option& called(std::string_view names, std::string_view program);
  Option& with_needs(std::vector<OptionNeed> any_of);
  Option& outside_config();
  Option& on_resuming(OnResume rule);
};

// The need that another option's variable has this value, or one for which a function is true.
template <class T>
OptionNeed needs_value(const T& variable, std::type_identity_t<T> value, std::string_view words) {
  return {&variable, [&variable, value] { return variable == value; }, std::string(words)};
}
template <class T>
OptionNeed needs_above(const T& variable, std::type_identity_t<T> limit) {
  return {&variable, [&variable, limit] { return variable > limit; },
          "above " + std::to_string(static_cast<int64_t>(limit))};
}

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
  // Of any type: parse makes one of a text (throws Error), show the text.
  template <class T>
  Option& add_value(std::string_view names, T& target, std::string_view help,
                    std::string_view value_name, std::function<T(std::string_view)> parse,
                    std::function<std::string(const T&)> show);
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
  // By the person: file, environment, command line.
  template <class T>
  bool given(const T& variable) const {
    return at(&variable).source >= OptionSource::kFile;
  }

  // Sets an option by name and text, unless a stronger source has set it. Unknown names throw
  // (kUsage).
  void set(std::string_view name, std::string_view value, OptionSource source);
  // Sets an option by its variable, unless a stronger source has set it.
  template <class T>
  void assign(T& variable, std::type_identity_t<T> value, OptionSource source);
  // … even where a stronger source has.
  template <class T>
  void overrule(T& variable, std::type_identity_t<T> value, OptionSource source);
  // The option whose value this variable holds.
  template <class T>
  const Option& of(const T& variable) const {
    return at(&variable);
  }

  // Why the option's value has no effect beside the other options' values: a clause that ends
  // "…: it needs --layers above 1 (here 1)". Empty where it has one, or is off.
  std::string without_effect(const Option& option) const;

  // The known name nearest to a misspelt one, or empty where none is near (edit distance ≤ 2).
  std::string nearest(std::string_view name) const;

 private:
  Option& append(std::string_view names, std::string_view help, std::string_view value_name);
  const Option& at(const void* variable) const;
  bool is_effective(const Option& option) const;
  bool holds(const OptionNeed& need) const;
  Option& append_choice(std::string_view names, std::string_view help, const void* variable,
                        const std::vector<std::string>& choices,
                        const std::function<void(size_t)>& choose,
                        const std::function<size_t()>& chosen);

  std::vector<Option> options_;
  std::string group_;
};

// The member of `known` within edit distance 2 of `name`, or empty.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

template <class T>
void OptionTable::overrule(T& variable, std::type_identity_t<T> value, OptionSource source) {
  const_cast<Option&>(at(&variable)).source = source;
  variable = std::move(value);
}

template <class T>
void OptionTable::assign(T& variable, std::type_identity_t<T> value, OptionSource source) {
  if (at(&variable).source <= source) overrule(variable, std::move(value), source);
}

template <class T>
Option& OptionTable::add_value(std::string_view names, T& target, std::string_view help,
                               std::string_view value_name,
                               std::function<T(std::string_view)> parse,
                               std::function<std::string(const T&)> show) {
  Option& option = append(names, help, value_name);
  option.variable = &target;
  option.parse = [&target, parse = std::move(parse)](std::string_view text) {
    target = parse(text);
  };
  option.show = [&target, show = std::move(show)] { return show(target); };
  return option;
}

template <class Enum>
Option& OptionTable::add_choice(std::string_view names, Enum& target, std::string_view help,
                                std::vector<std::pair<std::string, Enum>> choices) {
  std::vector<std::string> labels;
  for (const auto& choice : choices) labels.push_back(choice.first);
  return append_choice(
      names, help, &target, std::move(labels),
      [&target, choices](size_t index) { target = choices[index].second; },
      [&target, choices] {
        size_t index = 0;
        while (index + 1 < choices.size() && choices[index].second != target) ++index;
        return index;
      });
}

}  // namespace charrnn
