// Kernels of 16 lanes for 32 registers without AVX-512: the same templates and tiles as its own,
// slower, for tests on any processor; and those for tile registers.
#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/kernel_table.h"
#include "engine/cpu/testing/emulated_tiles.h"

namespace charrnn::cpu::wide {

struct Set;
using V = FloatVector<16, Set>;

inline V fma(V a, V b, V c) { return a * b + c; }
inline V sqrt(V a) {
  for (int i = 0; i < V::kLanes; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
  return a;
}

constexpr Kernels<float> kFloat32 = make_kernels<Float32Operands<V>, 32>();
constexpr Kernels<Bf16> kBfloat16 = make_kernels<EmulatedBf16Operands<V>, 32>();
struct TileOperands : EmulatedBf16Operands<V> {
  using Tiles = EmulatedTiles;
};
constexpr Kernels<Bf16> kTiles = make_kernels<TileOperands, 32>();
constexpr FloatKernels kFloats = make_float_kernels<V>();

}  // namespace charrnn::cpu::wide

namespace charrnn::cpu {

extern const Isa kWide;
const Isa kWide = {.name = "wide",
                   .lanes = 16,
                   .available = [] { return true; },
                   .float32 = &wide::kFloat32,
                   .bfloat16 = &wide::kBfloat16,
                   .floats = &wide::kFloats};
extern const Isa kWideTiles;
const Isa kWideTiles = {.name = "wide-tiles",
                        .lanes = 16,
                        .available = [] { return true; },
                        .float32 = &wide::kFloat32,
                        .bfloat16 = &wide::kTiles,
                        .floats = &wide::kFloats};

}  // namespace charrnn::cpu
