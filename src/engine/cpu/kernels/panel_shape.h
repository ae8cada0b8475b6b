// Panels of packed weights: the weights of all gates of some blocks of units (a block is one vector
// of units) for all values of k, contiguous in the order in which a tile reads them.
//
// Training and inference pack the same panels, [k][vectors][W] (bf16: [k / 2][vectors][W][2]), and
// differ in what surrounds them:
//
//              training (MatrixLayout)                  inference (PanelShape)
//   matrices   input's and recurrent's apart:           a layer's two in one panel, input's k
//   first:
//              gradients and moments have the           one pass over memory makes all sums
//              same layout
//   k          padded to whole blocks, since            padded to a whole group only
//              transposed copies have them as units
//   vectors    [block][gate]                            [gate][block]: the same with one block
//   last panel may be narrower                          as wide as the others
#pragma once

#include <cstddef>

namespace charrnn::cpu {

// Unit blocks in a panel of a cell with so many gates: one gate of one block would be too small a
// tile. (consteval: no function that kernel files could share.)
consteval int panel_blocks(int gates) { return gates >= 3 ? 1 : 2; }
// In training's panels of matrices without gates.
constexpr int kPlainPanelBlocks = 4;

// The panels of one kernel of inference.
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

}  // namespace charrnn::cpu
