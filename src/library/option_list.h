// The options of a call.
#pragma once

#include <cstddef>

#include "base/option.h"
#include "library/charrnn.h"

namespace charrnn::library {

// Sets what the caller gave. Throws Error (kUsage) as for a command line: unknown names, values out
// of range, an option given twice.
void set_options(OptionTable& table, const charrnn_option* options, size_t count);

}  // namespace charrnn::library
