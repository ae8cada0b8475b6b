// Lower case, one character for one, as the notebook's str.lower() does for its text.
#pragma once

#include <string>
#include <string_view>

#include "text/characters/vocabulary.h"

namespace charrnn {

// Unicode's simple mapping. Python's str.lower() differs in two places, since it may look at
// neighbours and give two characters: U+0130 (capital I with dot) becomes "i" here and "i" with a
// combining dot there; a capital sigma at the end of a word becomes an ordinary sigma here and a
// final one there. In byte encoding only ASCII is lower-cased: other bytes may be parts of
// characters.
char32_t lower_case(char32_t symbol, Encoding encoding = Encoding::kUtf8);
// Lower-cases a whole UTF-8 text; ill-formed sequences become U+FFFD.
std::string lower_case(std::string_view text);

}  // namespace charrnn
