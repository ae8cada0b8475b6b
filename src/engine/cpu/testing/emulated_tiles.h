// Tile registers in plain C++, slow: what tile_products.h asks of a set, for tests on any
// processor.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/cpu/kernels/tile_products.h"

namespace charrnn::cpu {

struct EmulatedTile {
  int rows = 0, row_bytes = 0;
  unsigned char bytes[16][64] = {};
};

struct EmulatedTiles {
  static inline thread_local EmulatedTile tiles[8];

  static void configure(int upper, int lower, int pairs) {
    for (EmulatedTile& tile : tiles) tile = {};
    for_each_tile_size(upper, lower, pairs, [](int tile, int rows, int row_bytes) {
      tiles[tile].rows = rows;
      tiles[tile].row_bytes = row_bytes;
    });
  }
  static void release() { configure(0, 0, 0); }

  template <int tile>
  static void load(const void* from, int64_t stride) {
    zero<tile>();
    for (int row = 0; row < tiles[tile].rows; ++row) {
      std::memcpy(tiles[tile].bytes[row], static_cast<const char*>(from) + row * stride,
                  tiles[tile].row_bytes);
    }
  }
  template <int tile>
  static void store(void* to, int64_t stride) {
    for (int row = 0; row < tiles[tile].rows; ++row) {
      std::memcpy(static_cast<char*>(to) + row * stride, tiles[tile].bytes[row],
                  tiles[tile].row_bytes);
    }
  }
  template <int tile>
  static void zero() {
    std::memset(tiles[tile].bytes, 0, sizeof tiles[tile].bytes);
  }
  template <int sums, int rows, int columns>
  static void multiply_add() {
    for (int m = 0; m < tiles[sums].rows; ++m) {
      for (int k = 0; k < tiles[columns].rows; ++k) {
        for (int n = 0; n < 16; ++n) {
          float sum = value<float>(sums, m, n);
          for (int half = 0; half < 2; ++half) {
            sum += half_value(rows, m, 2 * k + half) * half_value(columns, k, 2 * n + half);
          }
          std::memcpy(&tiles[sums].bytes[m][4 * n], &sum, sizeof sum);
        }
      }
    }
  }

 private:
  template <class Value>
  static Value value(int tile, int row, int i) {
    Value value;
    std::memcpy(&value, &tiles[tile].bytes[row][i * sizeof value], sizeof value);
    return value;
  }
  static float half_value(int tile, int row, int i) {
    const uint32_t bits = uint32_t{value<uint16_t>(tile, row, i)} << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
};

}  // namespace charrnn::cpu
