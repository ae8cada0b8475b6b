// A plain product into rows of floats: logits, the table of layer 0, the embedding's gradient.
#pragma once

#include "engine/cpu/operand_types.h"
#include "engine/cpu/tile.h"

namespace charrnn::cpu {

// stride: vectors in a full panel.
template <class O, int M, int vectors, int stride>
[[gnu::noinline]] void product_tile(const Product<typename O::Stored>& product, int row,
                                    int panel) {
  using V = typename O::V;
  constexpr int W = V::kLanes;
  V sum[M][vectors];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < vectors; ++n) {
      sum[m][n] =
          product.start == nullptr ? V(0.0f) : V::load(product.start + (panel * stride + n) * W);
    }
  }
  const auto target = [&](int m, int n) -> V& { return sum[m][n]; };
  multiply_operand<O, M, vectors>(target, product.operand, row, panel);
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
    float* out = product.out + (row + m) * product.row_stride + panel * stride * W;
#pragma GCC unroll 4
    for (int n = 0; n < vectors; ++n) sum[m][n].store(out + n * W);
  }
}

// `stride` is 1 to 4: what the panels of the network's matrices have. A last panel of fewer vectors
// occurs in matrices without gates (2 → 1 vectors) and in a simple cell's (the same).
template <class O, int registers, int stride>
void product_panels(const Product<typename O::Stored>& product) {
  for (int panel = 0; panel * stride < product.vectors; ++panel) {
    if (product.vectors - panel * stride >= stride) {
      for_each_row_tile<O::kGroup, tile_rows<registers>(stride)>(product.rows, [&]<int M>(int row) {
        product_tile<O, M, stride, stride>(product, row, panel);
      });
    } else {
      for_each_row_tile<O::kGroup, tile_rows<registers>(1)>(product.rows, [&]<int M>(int row) {
        product_tile<O, M, 1, stride>(product, row, panel);
      });
    }
  }
}

template <class O, int registers>
void product(const Product<typename O::Stored>& product) {
  switch (product.panel_vectors) {
    case 2:
      return product_panels<O, registers, 2>(product);
    case 3:
      return product_panels<O, registers, 3>(product);
    case 4:
      return product_panels<O, registers, 4>(product);
  }
}

}  // namespace charrnn::cpu
