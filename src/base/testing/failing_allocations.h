// For tests: allocations that fail where a test asks for it. To be included in one file of a test
// program, all of whose allocations then come from here.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace charrnn {

inline constexpr int64_t kNeverFails = INT64_MAX;
inline std::atomic<int64_t> allocations_left = kNeverFails;  // that succeed
inline std::atomic<int64_t> allocations_failing = 0;         // how many fail then

inline void fail_allocations(int64_t succeeding, int64_t failing) {
  allocations_failing = failing;
  allocations_left = succeeding;
}

// Returns whether any has failed.
inline bool stop_failing_allocations() { return allocations_left.exchange(kNeverFails) <= 0; }

inline bool is_allocation_to_fail() {
  if (allocations_left.load(std::memory_order_relaxed) == kNeverFails) return false;
  const int64_t number = allocations_left.fetch_sub(1);
  return number <= 0 && number > -allocations_failing;
}

}  // namespace charrnn

[[gnu::noinline]] void* operator new(size_t size) {
  if (charrnn::is_allocation_to_fail()) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return charrnn::is_allocation_to_fail() ? nullptr : std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
