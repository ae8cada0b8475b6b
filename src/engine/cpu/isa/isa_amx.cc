// Intel's AMX: registers that hold tiles of a matrix, for bf16. What is no product is AVX-512's
// with bf16; float kernels are those of plain AVX-512, so that float32 results are the same.
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/avx512_bf16_operands.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::amx {

struct Set;
using V = FloatVector<16, Set>;

// The compiler's own functions take a tile's number as text only.
struct TileRegisters {
  static void configure(int upper, int lower, int pairs) {
    struct alignas(64) Sizes {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } sizes;
    static_assert(sizeof(Sizes) == 64);
    for_each_tile_size(upper, lower, pairs, [&](int tile, int rows, int row_bytes) {
      sizes.rows[tile] = static_cast<uint8_t>(rows);
      sizes.row_bytes[tile] = static_cast<uint16_t>(row_bytes);
    });
    asm volatile("ldtilecfg %0" ::"m"(sizes));
  }
  static void release() { asm volatile("tilerelease" ::: "memory"); }

  template <int tile>
  static void load(const void* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(tile) : "memory");
  }
  template <int tile>
  static void store(void* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(tile) : "memory");
  }
  template <int tile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(tile));
  }
  template <int sums, int rows, int columns>
  static void multiply_add() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sums), "i"(rows), "i"(columns));
  }
};

struct Operands : Avx512Bf16Operands<V> {
  using Tiles = TileRegisters;
};

constexpr Kernels<Bf16> kBfloat16 = make_kernels<Operands, 32>();

// Linux lets a process use tiles only when it has asked for them: their registers are large.
bool may_use_tiles() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

// Not every compiler knows these by name: CPUID leaf 7, EDX (Intel's manual, volume 2).
bool has_tiles() {
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxBf16) && (d & kAmxTile);
}

bool available() { return kAvx512Bf16.available() && has_tiles() && may_use_tiles(); }

}  // namespace charrnn::cpu::amx

namespace charrnn::cpu {

const Isa kAmx = {.name = "amx-bf16",
                  .lanes = 16,
                  .available = amx::available,
                  .float32 = &avx512::kFloat32,
                  .bfloat16 = &amx::kBfloat16,
                  .floats = &avx512::kFloats};

}  // namespace charrnn::cpu
