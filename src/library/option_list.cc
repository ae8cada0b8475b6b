#include "library/option_list.h"

#include <fmt/core.h>

#include <set>

#include "base/error.h"
#include "library/guard.h"

namespace charrnn::library {

void set_options(OptionTable& table, const charrnn_option* options, size_t count) {
  if (count > 0) need(options, "the options");
  std::set<const Option*> given;
  for (size_t i = 0; i < count; ++i) {
    need(options[i].name, "the name of an option");
    need(options[i].value, options[i].name);
    const Option* option = table.find(options[i].name);
    if (option != nullptr && !given.insert(option).second && !option->repeatable) {
      throw Error(ErrorKind::kUsage, "option_twice",
                  fmt::format("option '{}' is given twice", option->name()), "keep one of them");
    }
    table.set(options[i].name, options[i].value, OptionSource::kCommandLine);
  }
}

}  // namespace charrnn::library
