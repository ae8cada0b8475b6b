#include "evaluate/unknown_rule.h"

namespace charrnn {

Option& declare_unknown_text_rule(OptionTable& table, UnknownTextRule& rule) {
  return table.add_choice(
      "unknown", rule,
      "characters that the model doesn't know: count as a uniform guess, leave out, or refuse the "
      "text",
      {{"count", UnknownTextRule::kCount},
       {"skip", UnknownTextRule::kSkip},
       {"error", UnknownTextRule::kError}});
}

}  // namespace charrnn
