// Memory and order of work on the GPU: arrays that free themselves, and calls whose failure is told
// in words.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>
#include <utility>

namespace charrnn::cuda {

// Throws Error (kLimit where memory is short, else kIo) for a call that failed. what: what was
// being done, as in "copying a batch to the GPU".
void check_cuda(cudaError_t status, const char* what);

// How much this GPU has of what kernels are planned by.
struct DeviceSize {
  int multiprocessors = 0;
  int shared_bytes = 0;  // that one block may ask for
};
DeviceSize device_size();

// The order in which an engine's work is done on the GPU.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  operator cudaStream_t() const { return stream_; }
  // What is queued on this one from now on comes after what is queued on the other so far.
  void follow(const Stream& other) const;
  void wait() const;  // until everything queued is done; throws where something of it failed

 private:
  cudaStream_t stream_ = nullptr;
  cudaEvent_t reached_ = nullptr;
};

// Bytes on the GPU, or on the host where the GPU can copy them by itself (pinned).
class Allocation {
 public:
  enum class Place { kDevice, kHost };

  Allocation() = default;
  Allocation(size_t bytes, Place place);  // of zeros
  ~Allocation();
  Allocation(Allocation&& other) noexcept { *this = std::move(other); }
  Allocation& operator=(Allocation&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(place_, other.place_);
    return *this;
  }

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
  Place place_ = Place::kDevice;
};

// `size` values of one type, zero at first. Values on the GPU check_cuda not be touched by the
// host.
template <class Value, Allocation::Place place>
class Array {
 public:
  Array() = default;
  explicit Array(size_t size) : allocation_(size * sizeof(Value), place) {}

  Value* data() const { return static_cast<Value*>(allocation_.data()); }
  size_t size() const { return allocation_.bytes() / sizeof(Value); }
  size_t bytes() const { return allocation_.bytes(); }
  bool empty() const { return allocation_.bytes() == 0; }

 private:
  Allocation allocation_;
};
template <class Value>
using DeviceArray = Array<Value, Allocation::Place::kDevice>;
template <class Value>
using HostArray = Array<Value, Allocation::Place::kHost>;

// Waits for copies and fills that were queued on no stream of the engine's: its streams don't wait
// for them, and they may go on after the call that began them (a copy from ordinary memory of the
// host is done for the host when the values have been staged).
void wait_for_copies(const char* what);

// Copies between host and GPU, done when they return.
void upload(const void* from, void* to, size_t bytes);
void download(const void* from, void* to, size_t bytes);

}  // namespace charrnn::cuda
