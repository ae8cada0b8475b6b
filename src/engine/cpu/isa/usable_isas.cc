#include "engine/cpu/isa/usable_isas.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/cpu/kernels/kernels.h"

namespace charrnn::cpu {
namespace {

const Isa* fastest_allowed = nullptr;  // null: no limit

std::vector<const Isa*> isas_of_machine() {
  std::vector<const Isa*> isas;
  for (const Isa* isa : built_isas()) {
    if (isa->available()) isas.push_back(isa);
  }
  return isas;
}

const Isa* find(const std::vector<const Isa*>& isas, const std::string& name) {
  const auto found = std::ranges::find(isas, name, &Isa::name);
  return found == isas.end() ? nullptr : *found;
}

}  // namespace

std::vector<const Isa*> usable_isas() {
  std::vector<const Isa*> isas = isas_of_machine();
  if (fastest_allowed != nullptr) {
    isas.erase(isas.begin(), std::ranges::find(isas, fastest_allowed));
  }
  return isas;
}

void limit_isas(const std::string& name) {
  const Isa* isa = name.empty() ? nullptr : find(isas_of_machine(), name);
  if (isa == nullptr && !name.empty()) refuse_isa(name);
  fastest_allowed = isa;
}

void refuse_isa(const std::string& name) {
  const bool is_limited = find(isas_of_machine(), name) != nullptr;
  std::string names;
  for (const Isa* isa : usable_isas())
    names += names.empty() ? isa->name : fmt::format(", {}", isa->name);
  if (is_limited) {
    throw Error(ErrorKind::kUsage, "no_isa",
                fmt::format("instruction set {}: this process is limited to {}", name, names),
                fmt::format("use one of {}, or raise the limit, CHARRNN_ISA", names));
  }
  throw Error(ErrorKind::kUsage, "no_isa",
              fmt::format("instruction set {}: not available on this machine", name),
              fmt::format("use one of {}", names));
}

}  // namespace charrnn::cpu
