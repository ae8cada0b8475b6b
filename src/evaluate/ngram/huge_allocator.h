// Memory for large tables that are read at random places: in huge pages where the system has them,
// so that fewer accesses wait for an address to be translated.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace charrnn {

template <class T>
struct HugeAllocator {
  using value_type = T;

  HugeAllocator() = default;
  template <class Other>
  explicit(false) HugeAllocator(const HugeAllocator<Other>&) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < kLarge) return static_cast<T*>(::operator new(bytes));
    void* memory = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
    if (memory == nullptr) throw std::bad_alloc();
    madvise(memory, bytes, MADV_HUGEPAGE);  // advice: it works without
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t count) {
    count * sizeof(T) < kLarge ? ::operator delete(memory) : std::free(memory);
  }
  bool operator==(const HugeAllocator&) const { return true; }

 private:
  static constexpr size_t kPage = size_t{2} << 20, kLarge = 2 * kPage;
};

}  // namespace charrnn
