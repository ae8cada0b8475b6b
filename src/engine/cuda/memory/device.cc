#include "engine/cuda/memory/device.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace charrnn::cuda {

void must(cudaError_t status, const char* what) {
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
  must(cudaGetDevice(&device), "finding the GPU");
  must(cudaDeviceGetAttribute(&size.multiprocessors, cudaDevAttrMultiProcessorCount, device),
       "asking for its size");
  must(cudaDeviceGetAttribute(&size.shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
       "asking for its size");
  return size;
}

Stream::Stream() {
  must(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  must(cudaEventCreateWithFlags(&reached_, cudaEventDisableTiming), "making a stream");
}
Stream::~Stream() {
  cudaEventDestroy(reached_);
  cudaStreamDestroy(stream_);
}
void Stream::follow(const Stream& other) const {
  must(cudaEventRecord(other.reached_, other.stream_), "ordering streams");
  must(cudaStreamWaitEvent(stream_, other.reached_, 0), "ordering streams");
}
void Stream::wait() const { must(cudaStreamSynchronize(stream_), "computing"); }

Allocation::Allocation(size_t bytes, Place place) : bytes_(bytes), place_(place) {
  if (bytes == 0) return;
  if (place == Place::kHost) {
    must(cudaMallocHost(&data_, bytes), "taking memory of the host");
    std::fill_n(static_cast<char*>(data_), bytes, char{0});
    return;
  }
  must(cudaMalloc(&data_, bytes), "taking memory");
  must(cudaMemset(data_, 0, bytes), "clearing memory");
  settle("clearing memory");
}

Allocation::~Allocation() {
  if (place_ == Place::kHost) {
    cudaFreeHost(data_);
  } else {
    cudaFree(data_);
  }
}

void settle(const char* what) { must(cudaStreamSynchronize(cudaStreamLegacy), what); }

void upload(const void* from, void* to, size_t bytes) {
  must(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
  settle("copying to the GPU");
}

void download(const void* from, void* to, size_t bytes) {
  must(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
}

}  // namespace charrnn::cuda
