// Messages that are longer than a line of the terminal, broken between words.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "app/terminal/terminal.h"

namespace charrnn {

// Breaks the text before `width` columns; only words that are longer themselves go beyond it. It
// begins in column `column`, as do its further lines. Escape sequences take no columns.
std::string wrap_words(std::string_view text, int width, int column);
// The same for a text that begins in another column than its further lines.
std::string wrap_words(std::string_view text, int width, int first_column, int column);

// The same for a terminal's width; unchanged where the stream is none. Commands to paste are not
// for this: a line break would end them.
std::string fitted(const Terminal& terminal, std::string_view text, int column = 0);

// The lines of a page, each broken so, its further lines beginning in column `column`. Lines with
// one of `commands`, what a command or code to paste has in it, stay whole.
std::string fitted_page(const Terminal& terminal, std::string_view page, int column,
                        std::initializer_list<std::string_view> commands);

}  // namespace charrnn
