// Fills the table of kernels for one vector type. Each isa_*.cc includes its vector, then this.
#pragma once

#include "engine/vector/gradient_kernels.h"
#include "engine/vector/product_kernels.h"
#include "engine/vector/update_kernels.h"

namespace charrnn::kernels {

template <class V, class Cell>
constexpr CellKernels make_cell_kernels() {
  CellKernels cell;
  cell.panel_blocks = cell_panel_blocks<Cell>();
  cell.forward = forward<V, Cell>;
  cell.backward = backward<V, Cell>;
  cell.table = table<V, Cell>;
  cell.weight_ih_gradient = weight_gradient<V, InputSums<Cell>, cell_panel_blocks<Cell>()>;
  cell.weight_hh_gradient = weight_gradient<V, RecurrentSums<Cell>, cell_panel_blocks<Cell>()>;
  cell.table_gradient = weight_gradient<V, TableSums<Cell>, cell_panel_blocks<Cell>()>;
  cell.embedding_gradient = product<V, TableSums<Cell>>;
  return cell;
}

template <class V>
constexpr Kernels make_kernels(const char* isa) {
  Kernels table;
  table.isa = isa;
  table.width = V::width;
  table.product_panel_blocks = 2;
  table.cells[static_cast<int>(CellKind::kRnn)] = make_cell_kernels<V, Rnn>();
  table.cells[static_cast<int>(CellKind::kLstm)] = make_cell_kernels<V, Lstm>();
  table.cells[static_cast<int>(CellKind::kGru)] = make_cell_kernels<V, Gru>();
  table.product = product<V, EveryPlane>;
  table.product_gradient = weight_gradient<V, EveryPlane, 2>;
  table.column_sums = column_sums<V>;
  table.scatter_rows = scatter_rows<V>;
  table.softmax = softmax<V>;
  table.dropout_mask = dropout_mask<V>;
  table.add_and_square = add_and_square<V>;
  table.update = update<V>;
  table.transpose = transpose<V>;
  table.multiply_adds = multiply_adds<V>;
  table.read_block = read_block<V>;
  return table;
}

}  // namespace charrnn::kernels
