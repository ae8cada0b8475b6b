#include "engine/cpu/isa/isas.h"

namespace charrnn::cpu {

std::span<const Isa* const> built_isas() {
  static constexpr const Isa* kSets[] = {&kAmx, &kAvx512Bf16, &kAvx512, &kAvx2, &kPortable};
  return kSets;
}

}  // namespace charrnn::cpu
