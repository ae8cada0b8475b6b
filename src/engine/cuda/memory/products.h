// Products of matrices by the vendor's library, on the engine's stream. Row-major; `stride` is the
// distance of rows in values. Sums are float32; float32 operands are used whole (no TF32).
#pragma once

#include <cublas_v2.h>

#include "engine/cuda/memory/device.h"

namespace charrnn::cuda {

// A matrix as a product reads it: as it lies, or transposed.
template <class Value>
struct Factor {
  const Value* values = nullptr;
  int64_t stride = 0;
  bool transposed = false;
};

template <class Value>
struct Product {
  Value* values = nullptr;
  int64_t stride = 0;
};

class Products {
 public:
  explicit Products(const Stream& stream);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  // to [rows][columns] = left [rows][depth] · right [depth][columns], the extents after
  // transposition.
  template <class Stored, class Result>
  void multiply(Factor<Stored> left, Factor<Stored> right, Product<Result> to, int64_t rows,
                int64_t columns, int64_t depth);

 private:
  cublasHandle_t handle_ = nullptr;
  // Of its own and of a fixed size, so that the library chooses the same kernels every time.
  DeviceArray<char> workspace_;
};

}  // namespace charrnn::cuda
