// The instruction sets that this process may use: those that the program holds and the machine has,
// up to a limit.
#pragma once

#include <string>
#include <vector>

namespace charrnn::cpu {

struct Isa;

// The fastest first.
std::vector<const Isa*> usable_isas();

// From here on the set of that name is the fastest there is in this process; empty: no limit. To
// be called before the first engine is made. Throws Error (kUsage) where the machine lacks the set.
void limit_isas(const std::string& name);

// Throws Error (kUsage): the set of that name is not among the usable ones.
[[noreturn]] void refuse_isa(const std::string& name);

}  // namespace charrnn::cpu
