#include "engine/cpu/isa/isas.h"

namespace charrnn::cpu {

std::span<const Isa* const> built_isas() {
  static constexpr const Isa* kSets[] = {&kPortable};
  return kSets;
}

}  // namespace charrnn::cpu
