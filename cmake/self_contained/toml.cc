// toml++ to be linked into a binary: Debian has it as a shared library alone.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
