#include "engine/cpu/huge_array.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include "base/error.h"

namespace charrnn::cpu {
namespace {

constexpr int64_t kHugePage = int64_t{2} << 20, kPage = 4096;

// Small arrays share no huge page with anything: not worth one. Nor is what large ones have beyond
// their last whole one: a huge page is there as a whole once a byte of it is.
int64_t alignment(int64_t bytes) { return bytes >= kHugePage ? kHugePage : kPage; }
int64_t whole(int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

void* map_zeroed(int64_t bytes) {
  const int64_t size = whole(bytes), slack = alignment(bytes) - kPage;
  void* mapped = mmap(nullptr, static_cast<size_t>(size + slack), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    throw Error(
        ErrorKind::kLimit, "out_of_memory",
        fmt::format("memory: the system gave no {:.0f} MB", static_cast<double>(size) / 1e6),
        "use a smaller hidden size, batch or sequence length");
  }
  // Give back what lies before the first whole page and after the last.
  const uintptr_t start = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t unit = static_cast<uintptr_t>(alignment(bytes));
  const uintptr_t first = (start + unit - 1) / unit * unit;
  if (first > start) munmap(mapped, first - start);
  const uintptr_t end = first + static_cast<uintptr_t>(size), mapped_end = start + size + slack;
  if (mapped_end > end) munmap(reinterpret_cast<void*>(end), mapped_end - end);
  void* address = reinterpret_cast<void*>(first);
  if (const int64_t huge = bytes / kHugePage * kHugePage; huge > 0) {
    madvise(address, static_cast<size_t>(huge), MADV_HUGEPAGE);
  }
  return address;
}

void unmap(void* address, int64_t bytes) { munmap(address, static_cast<size_t>(whole(bytes))); }

}  // namespace charrnn::cpu
