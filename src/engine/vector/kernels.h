// The table of kernels: what each instruction set provides, written once in the *_kernels.h headers
// and compiled once for each set. A kernel works on rows [rows.begin, rows.end) of its arrays, so
// that threads may share them.
//
// An activation of `units` columns and `rows` rows is kept as planes of `width` columns (the
// vector's): [units / width] [rows][width], so that every product finds its left operand at stride
// `width` and every store is one vector. Units are padded with zeros to whole planes. Weights are
// packed as panels, in the order in which a tile reads them.
#pragma once

#include <cstdint>

#include "model/cells/cells.h"

namespace charrnn {

struct RowRange {
  int total = 0;  // rows of a plane
  int begin = 0;
  int end = 0;
};

constexpr int kMaxStates = 2;

// One time step of one layer, forward:
//   sums = initial + below · W_ih + h_before · W_hh, then the cell's formula.
struct ForwardStep {
  RowRange rows;
  int blocks = 0;                    // unit planes of the layer
  const float* initial = nullptr;    // [symbol or 1][blocks][sums][width]
  int64_t initial_stride = 0;        // floats a symbol; 0: the same for all rows
  const int32_t* symbols = nullptr;  // [rows], where the stride isn't 0
  const float* below = nullptr;      // planes of the layer below; null for the first
  int below_blocks = 0;
  const float* weight_ih = nullptr;            // panels over `below`
  const float* weight_hh = nullptr;            // panels over h
  const float* state_before[kMaxStates] = {};  // planes of h (and c)
  float* state[kMaxStates] = {};               // planes of the new h (and c); may be the same
  float* saved = nullptr;                      // [blocks][Cell::saved] planes, or null
};

// One time step of one layer, backward:
//   dh = (above · W_above) mask + d_state + after · W_hh^T, then the cell's formula.
struct BackwardStep {
  RowRange rows;
  int blocks = 0;
  const float* above =
      nullptr;  // sums' gradients of the layer above, or logits' (null: no loss here)
  int above_blocks = 0;
  bool above_is_output = false;         // the logits' gradient: planes one by one
  const float* weight_above = nullptr;  // transposed panels
  const float* mask = nullptr;          // dropout's factors: planes; null: none
  const float* after = nullptr;  // this layer's sums' gradients at the next step; null at the last
  const float* weight_hh = nullptr;  // transposed panels
  const float* state_before[kMaxStates] = {};
  float* d_state[kMaxStates] = {};  // planes, carried from step to step: in and out
  float* saved = nullptr;  // in: what forward saved; out: the sums' gradients, in its first planes
};

// out = initial + in · W for plain planes (scores; the gradient of the embedding).
struct Product {
  RowRange rows;
  int blocks = 0;                  // planes of out
  const float* initial = nullptr;  // [blocks][width], or null for zero
  const float* in = nullptr;
  int in_blocks = 0;
  const float* weight = nullptr;  // panels
  float* out = nullptr;
};

// gradient = sum over times and rows of left^T right, packed as the weights of the layer are. One
// panel of columns.
struct WeightGradient {
  RowRange rows;
  int times = 0;
  const float* left = nullptr;  // planes at the first time
  int64_t left_stride = 0;      // floats a time
  int left_blocks = 0;
  const float* right = nullptr;  // planes of the panel's first block at the first time
  int64_t right_stride = 0;
  int panel_blocks = 0;       // unit blocks in this panel: see panel_blocks()
  float* gradient = nullptr;  // [left_blocks * width][panel's columns]
};

// sums = over times and rows of `count` planes.
struct ColumnSums {
  RowRange rows;
  int times = 0;
  const float* planes = nullptr;
  int64_t stride = 0;  // floats a time
  int count = 0;
  float* sums = nullptr;  // [count][width]
};

// Rows of `table` (planes of `symbols` rows): each row of each plane is added to the row of its
// symbol.
struct ScatterRows {
  RowRange rows;
  int times = 0;
  const float* plane = nullptr;
  int64_t stride = 0;
  const int32_t* symbols = nullptr;  // [times][rows.total]
  float* table = nullptr;            // [symbols][width]
};

// In place: scores become (softmax - target) factor; the parts of the loss are kept.
struct Softmax {
  RowRange rows;
  int blocks = 0;
  float* scores = nullptr;           // planes
  const int32_t* targets = nullptr;  // [rows]
  float factor = 1;
  float* sum = nullptr;           // [rows]: sum of exp(score - max)
  float* target_score = nullptr;  // [rows]: score of the target - max
};

struct DropoutMask {
  RowRange rows;
  int blocks = 0;
  const uint64_t* keys = nullptr;  // [rows]
  uint32_t threshold = 0;
  float keep = 1;
  float* mask = nullptr;      // planes of factors
  const float* in = nullptr;  // planes
  float* out = nullptr;       // planes: in × mask
};

struct UpdateRun {
  int64_t size = 0;
  float* weight = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  float* average = nullptr;  // or null
  const float* gradient = nullptr;
  float gradient_scale = 1;  // of clipping by norm
  float element_limit = 0;   // of clipping by element; 0: none
  bool rmsprop = false;
  float decay = 1, beta1 = 0, beta2 = 0, step_size = 0, root_scale = 1, epsilon = 0;
  float average_decay = 0;
};

// From the panels of forward to those of backward.
struct TransposePanels {
  const float* panels = nullptr;
  int in_blocks = 0;     // planes of the product's left operand forward
  int blocks = 0;        // unit blocks of its result
  int gates = 1;         // columns of a block are [gates][width]
  int panel_blocks = 1;  // unit blocks a panel
  float* transposed = nullptr;
  int transposed_panel_blocks = 1;
  int first_in_block = 0, last_in_block = 0;  // which of in_blocks to do
};

// A layer's kernels, for one cell.
struct CellKernels {
  int panel_blocks = 1;  // unit blocks in a panel of weight_ih and weight_hh
  void (*forward)(const ForwardStep&) = nullptr;
  void (*backward)(const BackwardStep&) = nullptr;
  // initial + embedding rows · W_ih for every symbol: `below` are the embedding's planes; state[0]
  // the table.
  void (*table)(const ForwardStep&) = nullptr;
  void (*weight_ih_gradient)(const WeightGradient&) = nullptr;
  void (*weight_hh_gradient)(const WeightGradient&) = nullptr;
  // … from a table's gradient (rows are symbols): of weight_ih of the first layer.
  void (*table_gradient)(const WeightGradient&) = nullptr;
  // d embedding = d table · W_ih: rows are symbols, `in` the table's planes as backward left them.
  void (*embedding_gradient)(const Product&) = nullptr;
};

struct Kernels {
  const char* isa = "";
  int width = 0;                 // floats in a vector
  int product_panel_blocks = 1;  // of plain products and all transposed panels
  CellKernels cells[3];          // by CellKind
  void (*product)(const Product&) = nullptr;
  void (*product_gradient)(const WeightGradient&) = nullptr;
  void (*column_sums)(const ColumnSums&) = nullptr;
  void (*scatter_rows)(const ScatterRows&) = nullptr;
  void (*softmax)(const Softmax&) = nullptr;
  void (*dropout_mask)(const DropoutMask&) = nullptr;
  // gradient += other, `size` floats; returns the sum of squares of the result.
  double (*add_and_square)(float* gradient, const float* other, int64_t size) = nullptr;
  void (*update)(const UpdateRun&) = nullptr;
  void (*transpose)(const TransposePanels&) = nullptr;
  // `count` rounds of independent fused multiply-adds; returns the floating-point operations done.
  double (*multiply_adds)(int64_t count) = nullptr;
  // Reads a block once; the result keeps the compiler from leaving it out.
  float (*read_block)(const float* block, int64_t size) = nullptr;
};

// The sets this program was built with, best first; null-terminated. Those the machine can't run
// are left out.
const Kernels* const* available_kernels();

}  // namespace charrnn
