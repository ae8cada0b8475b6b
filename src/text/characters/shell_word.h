// Names as they stand in a command that is to be pasted into a shell.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

// A word that a POSIX shell reads as `text`: as it is where no character means anything to the
// shell, else in single quotes. Control characters and bytes that are not UTF-8 are written as
// $'\n', which bash, zsh and ksh understand, so that the word is one line that a terminal shows.
std::string shell_word(std::string_view text);

// The same for a file's name as an argument: one that begins with a dash is no option.
std::string shell_argument(std::string_view file);

// "dir/notes.txt" and "utf-8" → "notes.utf-8.txt": the name of a text made from a file, in the
// current folder, because the file's may be one that only others write to.
std::string converted_name(std::string_view file, std::string_view what);

}  // namespace charrnn
