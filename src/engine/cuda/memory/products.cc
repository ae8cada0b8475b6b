#include "engine/cuda/memory/products.h"

#include <cuda_bf16.h>
#include <fmt/format.h>

#include "base/error.h"

namespace charrnn::cuda {
namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20;  // what NVIDIA recommends for Hopper

void must_multiply(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error(ErrorKind::kIo, "gpu_failed",
              fmt::format("GPU: {}: {}", what, cublasGetStatusString(status)),
              "see that the driver works (nvidia-smi), or use --device cpu");
}

template <class Value>
constexpr cudaDataType_t kType = std::is_same_v<Value, float> ? CUDA_R_32F : CUDA_R_16BF;

}  // namespace

Products::Products(const Stream& stream) : workspace_(kWorkspaceBytes) {
  must_multiply(cublasCreate(&handle_), "starting cuBLAS");
  must_multiply(cublasSetStream(handle_, stream), "starting cuBLAS");
  must_multiply(cublasSetWorkspace(handle_, workspace_.data(), workspace_.bytes()),
                "starting cuBLAS");
  must_multiply(cublasSetMathMode(handle_, CUBLAS_DEFAULT_MATH), "starting cuBLAS");
}

Products::~Products() {
  if (handle_) cublasDestroy(handle_);
}

// The library's matrices are column-major, so each of ours is its transpose there:
//   to^T = right^T · left^T
template <class Stored, class Result>
void Products::multiply(Factor<Stored> left, Factor<Stored> right, Product<Result> to, int64_t rows,
                        int64_t columns, int64_t depth) {
  const float one = 1, zero = 0;
  const auto operation = [](const Factor<Stored>& factor) {
    return factor.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  must_multiply(cublasGemmEx_64(handle_, operation(right), operation(left), columns, rows, depth,
                                &one, right.values, kType<Stored>, right.stride, left.values,
                                kType<Stored>, left.stride, &zero, to.values, kType<Result>,
                                to.stride, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                "multiplying matrices");
}

template void Products::multiply(Factor<float>, Factor<float>, Product<float>, int64_t, int64_t,
                                 int64_t);
template void Products::multiply(Factor<__nv_bfloat16>, Factor<__nv_bfloat16>, Product<float>,
                                 int64_t, int64_t, int64_t);
template void Products::multiply(Factor<__nv_bfloat16>, Factor<__nv_bfloat16>,
                                 Product<__nv_bfloat16>, int64_t, int64_t, int64_t);

}  // namespace charrnn::cuda
