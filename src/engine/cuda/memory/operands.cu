#include <algorithm>

#include "engine/cuda/memory/operand.cuh"
#include "engine/cuda/memory/operands.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/sums.h"
#include "engine/cuda/memory/threads.cuh"
#include "model/dropout.h"

namespace charrnn::cuda {
namespace {

// What a weight is multiplied by.
struct Mask {
  enum class Kind { kNone, kRecurrent, kEmbedding };
  Kind kind = Kind::kNone;
  int layer = 0;
  int hidden = 0;   // rows of a gate's block, with the padding
  int columns = 1;  // of the matrix
  // The gate of each block of rows.
  int gate_of_block[4] = {};

  // index: within the matrix.
  __device__ float factor(const StepValues& step, int64_t index) const {
    if (kind == Kind::kNone) return 1;
    const int row = static_cast<int>(index / columns), column = static_cast<int>(index % columns);
    if (kind == Kind::kEmbedding) {
      const uint64_t key = embedding_dropout_key(step.seed, step.step, row);
      return counter_bits(key, column) < step.embedding ? 0 : step.embedding_scale;
    }
    const int gate = gate_of_block[row / hidden];
    const uint64_t key = recurrent_dropout_key(step.seed, step.step, layer, gate, column);
    return counter_bits(key, row % hidden) < step.recurrent_weights ? 0
                                                                    : step.recurrent_weights_scale;
  }
};

template <class Result>
__global__ void mask_values(const float* from, int64_t size, Mask mask, const StepValues* step,
                            Result* to) {
  for (int64_t i = first_index(); i < size; i += index_stride()) {
    const float factor = mask.kind == Mask::Kind::kNone ? 1 : mask.factor(*step, i);
    to[i] = OperandOf<Result>::from_float(from[i] * factor);
  }
}

// One mask over the stretch of each masked matrix; `action` gets the mask and the matrix.
template <class Action>
void for_each_masked(const WeightsLayout& layout, MaskedMatrices masked, const Action& action) {
  if (masked.embedding && !layout.config.one_hot) {
    Mask mask;
    mask.kind = Mask::Kind::kEmbedding;
    mask.columns = layout.embedding;
    action(mask, layout.embeddings);
  }
  for (int layer = 0; masked.recurrent && layer < layout.config.layers; ++layer) {
    Mask mask;
    mask.kind = Mask::Kind::kRecurrent;
    mask.layer = layer;
    mask.hidden = layout.hidden;
    mask.columns = layout.hidden;
    with_cell(layout.config.cell, [&]<class Cell>() {
      for (int gate = 0; gate < Cell::gates; ++gate) {
        mask.gate_of_block[recurrent_block<Cell>(gate)] = gate;
      }
    });
    action(mask, layout.recurrent[layer]);
  }
}

constexpr int kTile = 32;

// A tile through shared memory, so that rows are read and written whole.
template <class Stored>
__global__ void transpose_tiles(const Stored* from, int rows, int columns, Stored* to) {
  __shared__ Stored tile[kTile][kTile + 2];
  const int row = blockIdx.y * kTile, column = blockIdx.x * kTile;
  for (int i = threadIdx.y; i < kTile; i += blockDim.y) {
    tile[i][threadIdx.x] = from[int64_t{row + i} * columns + column + threadIdx.x];
  }
  __syncthreads();
  for (int i = threadIdx.y; i < kTile; i += blockDim.y) {
    to[int64_t{column + i} * rows + row + threadIdx.x] = tile[threadIdx.x][i];
  }
}

}  // namespace

template <class Stored>
void make_operands(const WeightsLayout& layout, const float* values, MaskedMatrices masked,
                   const StepValues* step, Stored* operands, cudaStream_t stream) {
  mask_values<<<blocks_for(layout.size), kBlock, 0, stream>>>(values, layout.size, Mask{}, step,
                                                              operands);
  for_each_masked(layout, masked, [&](const Mask& mask, const Matrix& matrix) {
    mask_values<<<blocks_for(matrix.size()), kBlock, 0, stream>>>(
        values + matrix.begin, matrix.size(), mask, step, operands + matrix.begin);
  });
  check_cuda(cudaGetLastError(), "rounding weights");
}

void mask_gradient(const WeightsLayout& layout, MaskedMatrices masked, const StepValues* step,
                   float* gradient, cudaStream_t stream) {
  for_each_masked(layout, masked, [&](const Mask& mask, const Matrix& matrix) {
    float* values = gradient + matrix.begin;
    mask_values<<<blocks_for(matrix.size()), kBlock, 0, stream>>>(values, matrix.size(), mask, step,
                                                                  values);
  });
  check_cuda(cudaGetLastError(), "masking gradients");
}

template <class Stored>
void transpose(const Stored* from, int rows, int columns, Stored* to, cudaStream_t stream) {
  const dim3 grid(columns / kTile, rows / kTile), block(kTile, 8);
  transpose_tiles<<<grid, block, 0, stream>>>(from, rows, columns, to);
  check_cuda(cudaGetLastError(), "transposing weights");
}

template void make_operands(const WeightsLayout&, const float*, MaskedMatrices, const StepValues*,
                            float*, cudaStream_t);
template void make_operands(const WeightsLayout&, const float*, MaskedMatrices, const StepValues*,
                            __nv_bfloat16*, cudaStream_t);
template void transpose(const float*, int, int, float*, cudaStream_t);
template void transpose(const __nv_bfloat16*, int, int, __nv_bfloat16*, cudaStream_t);

}  // namespace charrnn::cuda
