// The list of cells. A cell is a header of formulas for one unit over a number-like type, used by
// the reference engine with double, by CPU kernels with a vector, by GPU threads with float. It
// states:
//
//   gates    blocks of `hidden_size` rows in weight_ih and weight_hh
//   sums     pre-activation sums a unit needs; input_sum[g] and recurrent_sum[g] say to which sum
//            W_ih x + b_ih and W_hh h + b_hh of gate g are added (a GRU keeps two of them apart)
//   states   carried values of a unit; state[0] is the output h
//   saved    values that backward needs
//   keep_gate  the gate that keeps the old state where it is high: --forget-bias is added to its
//            bias; -1: none
//   carry    of two states: which saved value is f in c' = f c + a, f and a functions of x and h
//            alone, 0 <= f <= 1 and |a| <= 1; h is then a value of -1 to 1 times tanh(c')
//   forward(sum, state, save)                   state: in the old, out the new
//   backward(save, previous, d_state, d_sum)    previous: the state before the step. d_state: in,
//            the gradient of the new state; out, that of the old state as far as it does not flow
//            through W_hh.
//
// `tanh` and `sigmoid` are chosen by the type: <cmath> and reference/ for double, the vector header
// in kernels.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "model/cells/gru.h"
#include "model/cells/lstm.h"
#include "model/cells/rnn.h"

namespace charrnn {

template <class... Cell>
struct CellList {
  static constexpr int size = sizeof...(Cell);
};

// A new cell has an entry in both, at the same place.
enum class CellKind { kRnn, kLstm, kGru };
using Cells = CellList<Rnn, Lstm, Gru>;

struct CellTraits {
  CellKind kind;
  std::string_view name;
  std::string_view torch_name;  // PyTorch's class
  int gates;
  int sums;
  int states;
  int saved;
  int keep_gate;

  // Whether a unit has a second carried value, the "cell".
  constexpr bool has_cell_state() const { return states > 1; }
};

template <class... Cell>
constexpr std::array<CellTraits, sizeof...(Cell)> traits_of(CellList<Cell...>) {
  int kind = 0;
  return {CellTraits{static_cast<CellKind>(kind++), Cell::name, Cell::torch_name, Cell::gates,
                     Cell::sums, Cell::states, Cell::saved, Cell::keep_gate}...};
}

constexpr std::array<CellTraits, Cells::size> kCells = traits_of(Cells());

constexpr const CellTraits& cell_traits(CellKind kind) { return kCells[static_cast<int>(kind)]; }

// Calls action.template operator()<Cell>() for the cell of this kind.
template <class Action, class First, class... Others>
constexpr decltype(auto) with_cell(int kind, Action&& action, CellList<First, Others...>) {
  if constexpr (sizeof...(Others) > 0) {
    if (kind != 0) return with_cell(kind - 1, action, CellList<Others...>());
  }
  return action.template operator()<First>();
}
template <class Action>
constexpr decltype(auto) with_cell(CellKind kind, Action&& action) {
  return with_cell(static_cast<int>(kind), action, Cells());
}

}  // namespace charrnn
