// Settings as text, as a run keeps them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace charrnn {

// Options by name; a repeatable one has many values.
using SettingValues = std::map<std::string, std::vector<std::string>>;

}  // namespace charrnn
