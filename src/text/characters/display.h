// Texts, names and single characters as messages show them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "text/characters/vocabulary.h"

namespace charrnn {

// Control characters and ill-formed bytes as \x1b, newlines as \n, backslashes doubled: one line
// that is safe to print on a terminal.
std::string escaped(std::string_view text);
// The same in single quotes: how messages show file names.
std::string in_quotes(std::string_view text);

// A single character for a message: 'e', '\n', ' ', or U+200B if it is invisible.
std::string quoted_symbol(char32_t symbol);
// "'x', 'y', U+200B and 3 more": the first `shown` of them.
std::string list_symbols(std::span<const char32_t> symbols, size_t shown = 10);

// The name of an unprintable or blank character ("line feed", "no-break space"); empty for visible
// ones.
std::string_view symbol_name(char32_t symbol);

// Terminal columns that a text takes (Unicode's widths; combining marks take none).
int display_width(std::string_view text);

// What losses and lengths are counted in: "character", or "byte" in byte encoding.
std::string_view unit_name(Encoding encoding);

}  // namespace charrnn
