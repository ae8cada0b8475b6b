// The kernels of reading: one character in some rows (streams, or slices of a text) through one
// layer. A table of plain functions for each instruction set and precision; reading_kernel.h
// holds their one source.
//
// A panel is what one tile computes: the sums of `unit_vectors` vectors of units. Its matrix lies
// end to end in the order of use, [k][gate][unit]: input's k first, then the recurrent ones. Sums
// are added up in the order of k whatever the tile, so a row's bits do not depend on the rows
// beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/cells/cells.h"

namespace charrnn::cpu {

// How matrices are laid out for one kernel.
struct PanelShape {
  int gates = 1;        // blocks of rows in the matrix
  int sums = 1;         // sums of a unit
  int units = 0;        // of a panel
  int lanes = 0;        // units of a vector
  int group = 1;        // consecutive k that lie together: 1 for float32, 2 for bf16
  int value_bytes = 4;  // of a weight and of an operand
  int steps(int inputs) const { return (inputs + group - 1) / group; }
  size_t step_values() const { return static_cast<size_t>(gates) * units * group; }
  size_t start_values() const { return static_cast<size_t>(sums) * units; }
  int panels(int outputs) const { return (outputs + units - 1) / units; }
};

// One layer and one character of `rows` rows. Arrays of rows have a stride in values. Operands are
// float32 or bf16, padded with zeros to a whole group.
struct LayerRead {
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
  // Or null; of cells with a second state, [row][unit], state_stride apart: what it was multiplied
  // by since it was 1 here, and its least size.
  float* carried = nullptr;
  float* least = nullptr;
  float* saved = nullptr;  // or null; [saved][padded hidden_size] of the one row
  size_t saved_stride = 0;
};

struct ReadingKernels {
  using Layer = void (*)(const LayerRead&, int first_panel, int end_panel);
  struct Entry {
    PanelShape shape;
    Layer read = nullptr;
  };
  Entry cells[Cells::size];  // in the order of CellKind
  Entry linear;              // y = W x + b, into new_state
  // The largest of values and the sum of exp(values[i] - largest), over whole vectors: arrays are
  // padded with values so small that their exponential is 0.
  void (*exponential_sum)(const float* values, int vectors, float& largest, float& sum) = nullptr;
  // bf16 only: `count` values, a multiple of the lanes.
  void (*to_operands)(const float* values, void* operands, int count) = nullptr;
};

}  // namespace charrnn::cpu
