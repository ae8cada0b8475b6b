// Sums over the rows of a matrix, in an order that is always the same.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace charrnn::cuda {

inline constexpr int kColumnParts = 64;

// from [rows][columns] → parts [kColumnParts][columns].
template <class Stored>
void sum_columns_in_parts(const Stored* from, int64_t rows, int columns, float* parts,
                          cudaStream_t stream);

// to[i] = sum over parts of parts [count][stride][i], `columns` of them.
void add_parts(const float* parts, int count, int stride, int columns, float* to,
               cudaStream_t stream);

}  // namespace charrnn::cuda
