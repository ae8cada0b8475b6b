// The kernels of one instruction set as plain functions, and what they are told. One table for each
// set and operand type; the bodies are the templates in *_kernel.h.
//
// Layouts (W lanes to a vector; a block is W units, the last one padded with zeros):
//   operand       [block][rows][W]                   what a product reads row by row
//   saved         [block][rows][slots][W]            activations saved for backward and for the
//   weight gradients;
//                 bf16: [block][rows / 2][slots][W][2], two rows interleaved as the dot product of
//                 pairs wants them, so bf16 rows come in twos
//   weights       [panel][k][vectors of the panel][W]   bf16: [panel][k / 2][vectors][W][2]
//                 a panel holds all gates of one unit block (or of a few, where gates are few), so
//                 that a tile of sums can be turned into new states while it is in registers
#pragma once

#include <cstdint>
#include <span>

#include "engine/cpu/kernels/inference_kernels.h"
#include "engine/cpu/kernels/panel_shape.h"
#include "engine/trainable_network.h"

namespace charrnn::cpu {

struct Bf16 {
  uint16_t bits;
};

// One operand of a product: rows × k, cut into blocks of W values of k.
template <class S>
struct Operand {
  const S* values = nullptr;        // the first row
  const int32_t* offset = nullptr;  // of each block, in values
  int blocks = 0;                   // 0: no such product
  int full_blocks = 0;              // these come first and hold W values of k, the others `tail`
  int tail = 0;
  const S* weights = nullptr;
  int64_t panel_stride = 0;  // from one full panel to the next, in values
};

// Dropout on a layer's output at one time: keys of the rows.
struct Mask {
  const uint64_t* keys = nullptr;  // null: nothing is dropped
  uint32_t threshold = 0;
  float scale = 1;
};

// One time step of one layer for some rows.
template <class S>
struct ForwardStep {
  int rows = 0;
  int unit_blocks = 0;
  const float* start = nullptr;           // sums before the products: [block][sums][W] of a row
  const int64_t* start_offset = nullptr;  // of each row
  Operand<S> input, recurrent;
  float* state = nullptr;  // [states][rows][block][W], in and out
  int64_t state_stride = 0, state_row_stride = 0;
  S* output = nullptr;         // operand: h
  S* masked_output = nullptr;  // operand: h after dropout; null without dropout
  int64_t output_stride = 0;   // from block to block
  Mask mask;
  // Saved activations. Strides from block to block.
  S* saved = nullptr;                                  // slots = saved or sums, whichever is more
  S *saved_hidden = nullptr, *saved_masked = nullptr;  // one slot
  float* saved_cell = nullptr;                         // states but h: [state][block][rows][W]
  int64_t saved_stride = 0, hidden_stride = 0, cell_state_stride = 0;
};

// The same step backwards. The gradient of h comes from above (the layer above at this time, or the
// logits) and from the sums of the next time.
template <class S>
struct BackwardStep {
  int rows = 0;
  int unit_blocks = 0;
  Operand<S> above, recurrent;
  Mask mask;                 // of this layer's output
  float* d_state = nullptr;  // [states][block][rows][W], in and out; h's part that needs no product
  int64_t d_state_stride = 0, d_state_block_stride = 0;
  S* saved = nullptr;                    // in: what forward saved; out: the gradient of the sums
  const S* previous_hidden = nullptr;    // before the step
  const float* previous_cell = nullptr;  // [state][block][rows][W]
  int64_t saved_stride = 0, hidden_stride = 0, cell_state_stride = 0;
  S* d_sums = nullptr;  // operand: [block][sums][rows][W]
  int64_t d_sums_stride = 0;
};

// out[row][n] = start[n] + sum_k operand[row][k] weights[k][n]
template <class S>
struct Product {
  int rows = 0;
  int vectors = 0;        // of out
  int panel_vectors = 2;  // of a full panel of the weights: 2, 3 or 4; the last may be narrower
  const float* start = nullptr;  // null: zero
  Operand<S> operand;
  float* out = nullptr;
  int64_t row_stride = 0;
};

// Where one vector of a weight gradient comes from and goes to.
struct GradientVector {
  int64_t d_sums = 0;        // offset of its first row
  float* weights = nullptr;  // W values for each k, `stride` apart
  int64_t stride = 0;
  float* biases = nullptr;  // W values; null in all vectors: not wanted
  float* table = nullptr;   // W values for each symbol; null: not wanted
};

// A part of a weight gradient: for each vector, weights[k] = sum over times and rows of
// input[k] d_sum, biases = sum of d_sum, table[symbol] += d_sum. Several panels at once use
// the inputs while they are in the caches.
template <class S>
struct WeightGradient {
  int times = 0, rows = 0;
  const S* input = nullptr;  // saved layout, one slot
  int64_t input_time_stride = 0, input_block_stride = 0;
  int inputs = 0;             // k; 0: only the table is wanted
  const S* d_sums = nullptr;  // saved layout
  int64_t d_sums_time_stride = 0;
  int d_sums_row_stride = 0;  // slots W
  const GradientVector* vector = nullptr;
  int vectors = 0;
  const int32_t* symbols = nullptr;  // [times][rows]
  int64_t symbol_time_stride = 0;
  int64_t table_stride = 0;  // from symbol to symbol
};

// Softmax, cross-entropy and the gradient of the logits, which are overwritten.
template <class S>
struct SoftmaxLoss {
  int rows = 0;
  int real_rows = 0;  // the others get a gradient and a loss of zero
  int vocabulary_size = 0;
  float* logits = nullptr;  // [row][blocks][W]
  int64_t row_stride = 0;
  const int32_t* targets = nullptr;
  float scale = 1;        // of the gradient
  float smoothing = 0;    // of the targets
  float* loss = nullptr;  // [rows], nats, not scaled
  S* operand = nullptr;   // [block][rows][W]
  int64_t operand_stride = 0;
  S* saved = nullptr;  // one slot
  int64_t saved_stride = 0;
};

// What one parameter is in the optimizer. moments and average may be null.
struct UpdateRange {
  float* weights = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  float* average = nullptr;
  const float* gradient = nullptr;
  int64_t count = 0;  // a multiple of W
  bool decays = false;
};

struct UpdateFactors {
  Optimizer optimizer = Optimizer::kAdam;
  float learning_rate = 0, step_size = 0, root_scale = 1;
  float beta1 = 0, beta2 = 0, epsilon = 0, decay = 1;
  float gradient_scale = 1;
  float element_limit = 0;  // above 0: each value is clipped
  float average_decay = 0;
};

// Dropout on weights [k][vectors][W]: to = from times 0 or `scale`, by a key for each k and gate.
// from and to may be the same.
struct WeightMask {
  const float* from = nullptr;
  float* to = nullptr;
  int inputs = 0;  // k
  int vectors = 0,
      gates = 1;  // vector v belongs to gate v % gates of unit block first_block + v / gates
  int first_block = 0;
  const uint64_t* keys = nullptr;  // [k][gates]
  uint32_t threshold = 0;
  float scale = 1;
};

// Copies one panel of float weights [k][vectors][W] to the forms that products read.
template <class S>
struct Pack {
  const float* weights = nullptr;
  int first_block = 0, last_block = 0;  // of k: only these
  int blocks = 0;                       // of k
  int vectors = 0;                      // of the panel
  S* forward = nullptr;                 // the panel; null where the float weights serve
  // Transposed: [panel of k blocks][row][block][W], row = vector W + lane. `first` is this panel's
  // first vector, `all` how many there are. Null: not wanted.
  S* transposed = nullptr;
  int first_vector = 0, all_vectors = 0;
};

template <class S>
struct Kernels {
  void (*forward_step[Cells::size])(const ForwardStep<S>&);  // by cell
  void (*backward_step[Cells::size])(const BackwardStep<S>&);
  void (*product)(const Product<S>&);
  void (*weight_gradient)(const WeightGradient<S>&);
  void (*softmax_loss)(const SoftmaxLoss<S>&);
  void (*pack)(const Pack<S>&);
  // Rows of one slot in the saved layout: [row][W] floats, rows a multiple of the group.
  void (*to_saved)(const float* from, int rows, S* to);
  // Operations a second times W over and over in registers; for `bench`. Returns multiply-adds
  // done.
  int64_t (*multiply_adds)(int64_t rounds, float* sink);
  int group;  // rows that the saved layout interleaves: 1, or 2 for bf16
  InferenceKernels inference;
};

// Kernels on floats whatever the operands are.
struct FloatKernels {
  void (*update)(const UpdateRange&, const UpdateFactors&);
  void (*mask_weights)(const WeightMask&);
  // a += b (b may be null); the sum of the squares of a.
  double (*sum_and_square)(float* a, const float* b, int64_t count);
  double (*read)(const float* from, int64_t count);  // sums them: bandwidth, for `bench`
  void (*tanh)(const float* x, float* y, int64_t count);
  void (*sigmoid)(const float* x, float* y, int64_t count);
  void (*exp)(const float* x, float* y, int64_t count);
};

// One instruction set.
struct Isa {
  const char* name;
  int lanes;  // W
  bool (*available)();
  const Kernels<float>* float32;
  const Kernels<Bf16>* bfloat16;  // null: the set has none
  const FloatKernels* floats;
  bool emulates_bf16 = false;  // without instructions for it, and so more slowly than float32
};

template <class S>
const Kernels<S>* kernels_of(const Isa& isa);
template <>
inline const Kernels<float>* kernels_of<float>(const Isa& isa) {
  return isa.float32;
}
template <>
inline const Kernels<Bf16>* kernels_of<Bf16>(const Isa& isa) {
  return isa.bfloat16;
}

// The sets this program was built with, the fastest first.
std::span<const Isa* const> built_isas();

}  // namespace charrnn::cpu
