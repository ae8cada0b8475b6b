// What is done with the characters of a text that a model doesn't know.
#pragma once

#include "base/option.h"

namespace charrnn {

enum class UnknownTextRule { kCount, kSkip, kError };

// --unknown, where a text is measured.
Option& declare_unknown_text_rule(OptionTable& table, UnknownTextRule& rule);

}  // namespace charrnn
