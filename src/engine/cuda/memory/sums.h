// The order of a cell's sums in the GPU engine's arrays: those of the input alone first, then the
// shared ones, then those of the recurrent weights alone. So the rows of weight_ih meet the first
// `gates` of the `sums` columns and those of weight_hh the last, and a product with either needs no
// copy. For RNN and LSTM, where every sum is shared, it is PyTorch's order. For a GRU it is
// n_in, r, z, u.
#pragma once

#include <array>

#include "model/cells/cells.h"

namespace charrnn::cuda {

template <class Cell>
constexpr bool in(const int (&list)[Cell::gates], int sum) {
  for (const int member : list) {
    if (member == sum) return true;
  }
  return false;
}

// column[sum]: where a sum stands.
template <class Cell>
constexpr std::array<int, Cell::sums> sum_columns() {
  std::array<int, Cell::sums> column = {};
  int next = 0;
  for (const int kind : {0, 1, 2}) {
    for (int sum = 0; sum < Cell::sums; ++sum) {
      const bool input = in<Cell>(Cell::input_sum, sum);
      const bool recurrent = in<Cell>(Cell::recurrent_sum, sum);
      if (kind == (input && recurrent ? 1 : input ? 0 : 2)) column[sum] = next++;
    }
  }
  return column;
}

// The block of rows of weight_ih, and of weight_hh, that gate `gate` is.
template <class Cell>
constexpr int input_block(int gate) {
  return sum_columns<Cell>()[Cell::input_sum[gate]];
}
template <class Cell>
constexpr int recurrent_block(int gate) {
  return sum_columns<Cell>()[Cell::recurrent_sum[gate]] - (Cell::sums - Cell::gates);
}

// The sum that block `block` of weight_ih, or of weight_hh, adds to.
template <class Cell>
constexpr int sum_of_input_block(int block) {
  const std::array<int, Cell::sums> column = sum_columns<Cell>();
  for (int sum = 0; sum < Cell::sums; ++sum) {
    if (column[sum] == block) return sum;
  }
  return -1;
}
template <class Cell>
constexpr int sum_of_recurrent_block(int block) {
  return sum_of_input_block<Cell>(block + Cell::sums - Cell::gates);
}

}  // namespace charrnn::cuda
