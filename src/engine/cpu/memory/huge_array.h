// A zeroed array on pages of 2 MiB, where the system has them (huge_pool.h).
#pragma once

#include <cstdint>
#include <utility>

namespace charrnn::cpu {

// Of the process's pool; throws Error (kLimit) where the system has no memory.
void* allocate_huge(int64_t bytes);
void release_huge(void* address, int64_t bytes);

template <class T>
class HugeArray {
 public:
  HugeArray() = default;
  explicit HugeArray(int64_t size) : size_(size) {
    if (size > 0) data_ = static_cast<T*>(allocate_huge(size * static_cast<int64_t>(sizeof(T))));
  }
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~HugeArray() {
    if (data_ != nullptr) release_huge(data_, size_ * static_cast<int64_t>(sizeof(T)));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  int64_t size() const { return size_; }
  T& operator[](int64_t i) { return data_[i]; }
  const T& operator[](int64_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  int64_t size_ = 0;
};

}  // namespace charrnn::cpu
