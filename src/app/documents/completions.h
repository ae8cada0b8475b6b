// Completions of the command line in shells, made from the commands and their option tables.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/documents/declared_command.h"

namespace charrnn {

// A script for "bash", "zsh" or "fish". Throws Error (kUsage) for another shell.
std::string completions(std::string_view shell,
                        std::span<const std::unique_ptr<DeclaredCommand>> commands);

}  // namespace charrnn
