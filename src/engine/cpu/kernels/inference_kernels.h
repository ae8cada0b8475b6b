// The kernels of inference: one step of one layer for some rows (streams, or slices of a text). A
// table of plain functions for each instruction set and precision; their source is
// inference_kernel.h.
//
// Sums are added up in the order of k whatever the tile, so a row's bits do not depend on the rows
// beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/cpu/kernels/panel_shape.h"
#include "model/cells/cells.h"

namespace charrnn::cpu {

// One layer and one character of `rows` rows. Arrays of rows have a stride in values. Operands are
// float32 or bf16, padded with zeros to a whole group.
struct LayerStep {
  const void* weights = nullptr;
  size_t panel_values = 0;  // from one panel to the next
  int input_steps = 0;      // groups of k: 0 where the input is a row of a table
  int hidden_steps = 0;
  const float* const* start = nullptr;  // [rows]: first values of all sums, [panel][sum][unit]
  int rows = 0;
  const void* input = nullptr;  // operands
  size_t input_stride = 0;
  const void* hidden = nullptr;  // operands: the state before
  size_t hidden_stride = 0;
  const float* old_state = nullptr;  // the state before; the layer's output is state 0 …
  float* new_state = nullptr;  // … and after: another array, for panels read all of the old h
  size_t state_stride = 0;
  size_t states_apart = 0;       // from one state (h) to the next (c)
  void* new_operands = nullptr;  // bf16 copies of the new h; float32 uses new_state itself
  size_t operands_stride = 0;
  // Or null; of cells with a second state, [row][unit], rows state_stride apart: multiplied by the
  // forget gate, and lowered to |c|, in each step.
  float* forget_product = nullptr;
  float* min_abs_cell = nullptr;
  float* saved = nullptr;  // or null; [saved][padded hidden_size] of the one row
  size_t saved_stride = 0;
};

struct InferenceKernels {
  using Layer = void (*)(const LayerStep&, int first_panel, int end_panel);
  struct Entry {
    PanelShape shape;
    Layer step = nullptr;
  };
  Entry cells[Cells::size];  // in the order of CellKind
  Entry linear;              // y = W x + b, into new_state
  // The largest of values and the sum of exp(values[i] - largest), over whole vectors: arrays are
  // padded with values so small that their exponential is 0.
  void (*sum_of_exponentials)(const float* values, int vectors, float& largest,
                              float& sum) = nullptr;
  // Rounds `count` values, a multiple of the lanes, to the type of the operands.
  void (*to_operands)(const float* values, int64_t count, void* operands) = nullptr;
};

}  // namespace charrnn::cpu
