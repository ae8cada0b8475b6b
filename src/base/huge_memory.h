// Memory for large tables that are read at random places: in huge pages where the system has them,
// so that fewer accesses wait for an address to be translated.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace charrnn {

// As std::malloc; std::free takes it back.
inline void* huge_malloc(size_t bytes) {
  constexpr size_t kPage = size_t{2} << 20;
  if (bytes < 2 * kPage) return std::malloc(bytes);
  void* memory = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
  if (memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: it works without
  return memory;
}

template <class T>
struct HugeAllocator {
  using value_type = T;

  HugeAllocator() = default;
  template <class Other>
  explicit(false) HugeAllocator(const HugeAllocator<Other>&) {}

  T* allocate(size_t count) {
    void* memory = huge_malloc(count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { std::free(memory); }
  bool operator==(const HugeAllocator&) const { return true; }
};

}  // namespace charrnn
