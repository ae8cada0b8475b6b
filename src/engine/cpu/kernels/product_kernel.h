// A plain product into rows of floats: logits, the table of layer 0, the embedding's gradient.
#pragma once

#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/tile.h"

namespace charrnn::cpu {

// `vectors` of a panel, which has `stride` where it is full.
template <class O, int registers, int vectors, int stride>
void product_panel(const Product<typename O::Stored>& product, int panel) {
  using V = typename O::V;
  constexpr int W = V::kLanes;
  float* out = product.out + panel * stride * W;
  for (int row = 0; row < product.rows; ++row) {
#pragma GCC unroll 4
    for (int n = 0; n < vectors; ++n) {
      const V start =
          product.start == nullptr ? V(0.0f) : V::load(product.start + (panel * stride + n) * W);
      start.store(out + row * product.row_stride + n * W);
    }
  }
  add_products<O, registers, vectors>(out, product.row_stride, product.operand, 0, product.rows,
                                      panel);
}

template <class O, int registers, int stride>
void product_panels(const Product<typename O::Stored>& product) {
  for (int panel = 0; panel * stride < product.vectors; ++panel) {
    const int left = product.vectors - panel * stride;
    call_with_width<stride>(left < stride ? left : stride, [&]<int width>() {
      product_panel<O, registers, width, stride>(product, panel);
    });
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
