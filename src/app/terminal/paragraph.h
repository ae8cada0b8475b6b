// Sentences as lines that fit a terminal.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

// Breaks the text at spaces, but not between a number and its "%", into lines of at most `columns`
// (a longer word has a line of its own), each behind `indent` spaces and with its line feed.
std::string paragraph(std::string_view text, int columns, int indent);

}  // namespace charrnn
