#include "engine/cuda/memory/device.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace charrnn::cuda {

void check_cuda(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  const std::string message = fmt::format("GPU: {}: {}", what, cudaGetErrorString(status));
  if (status == cudaErrorMemoryAllocation) {
    throw Error(ErrorKind::kLimit, "gpu_memory", message,
                "use a smaller --batch-size, --seq-length or --hidden-size, or --device cpu");
  }
  throw Error(ErrorKind::kIo, "gpu_failed", message,
              "see that the driver works (nvidia-smi), or use --device cpu");
}

DeviceSize device_size() {
  int device = 0;
  DeviceSize size;
  check_cuda(cudaGetDevice(&device), "finding the GPU");
  check_cuda(cudaDeviceGetAttribute(&size.multiprocessors, cudaDevAttrMultiProcessorCount, device),
             "asking for its size");
  check_cuda(
      cudaDeviceGetAttribute(&size.shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
      "asking for its size");
  return size;
}

Stream::Stream() {
  check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  check_cuda(cudaEventCreateWithFlags(&reached_, cudaEventDisableTiming), "making a stream");
}
Stream::~Stream() {
  cudaEventDestroy(reached_);
  cudaStreamDestroy(stream_);
}
void Stream::follow(const Stream& other) const {
  check_cuda(cudaEventRecord(other.reached_, other.stream_), "ordering streams");
  check_cuda(cudaStreamWaitEvent(stream_, other.reached_, 0), "ordering streams");
}
void Stream::wait() const { check_cuda(cudaStreamSynchronize(stream_), "computing"); }

Allocation::Allocation(size_t bytes, Place place) : bytes_(bytes), place_(place) {
  if (bytes == 0) return;
  if (place == Place::kHost) {
    check_cuda(cudaMallocHost(&data_, bytes), "taking memory of the host");
    std::fill_n(static_cast<char*>(data_), bytes, char{0});
    return;
  }
  check_cuda(cudaMalloc(&data_, bytes), "taking memory");
  check_cuda(cudaMemset(data_, 0, bytes), "clearing memory");
  wait_for_copies("clearing memory");
}

Allocation::~Allocation() {
  if (place_ == Place::kHost) {
    cudaFreeHost(data_);
  } else {
    cudaFree(data_);
  }
}

void wait_for_copies(const char* what) {
  check_cuda(cudaStreamSynchronize(cudaStreamLegacy), what);
}

void upload(const void* from, void* to, size_t bytes) {
  check_cuda(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
  wait_for_copies("copying to the GPU");
}

void download(const void* from, void* to, size_t bytes) {
  check_cuda(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
}

}  // namespace charrnn::cuda
