#include "engine/vector/isa.h"

namespace charrnn {

const Kernels* const* available_kernels() {
  static const Kernels* list[4] = {};
  static const bool filled = [] {
    int count = 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      list[count++] = &avx512_kernels();
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      list[count++] = &avx2_kernels();
    }
    list[count++] = &portable_kernels();
    return true;
  }();
  static_cast<void>(filled);
  return list;
}

}  // namespace charrnn
