#include "engine/cpu/memory/huge_pool.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <cstring>

#include "base/error.h"
#include "base/short_number.h"

namespace charrnn::cpu {
namespace {

constexpr int64_t kHugePage = int64_t{2} << 20, kPage = 4096;

int64_t round_up(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

char* align(char* address, int64_t unit) {
  return reinterpret_cast<char*>(round_up(reinterpret_cast<intptr_t>(address), unit));
}

// `bytes` are whole huge pages. They must be asked for: transparent huge pages are usually set to
// `madvise`.
char* map_huge_pages(int64_t bytes) {
  const int64_t mapped_bytes = bytes + kHugePage - kPage;
  void* mapped = mmap(nullptr, static_cast<size_t>(mapped_bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    throw Error(ErrorKind::kLimit, "out_of_memory",
                fmt::format("out of memory: the system did not provide {}",
                            byte_size(static_cast<double>(bytes))),
                "use a smaller hidden size, batch or sequence length");
  }
  // Give back what lies before the first whole page and after the last.
  char* const start = static_cast<char*>(mapped);
  char* const first = align(start, kHugePage);
  char *const end = first + bytes, *const mapped_end = start + mapped_bytes;
  if (first > start) munmap(start, static_cast<size_t>(first - start));
  if (mapped_end > end) munmap(end, static_cast<size_t>(mapped_end - end));
  madvise(first, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  return first;
}

// The range stays, its whole huge pages are zero again and take no memory.
void drop_contents(char* begin, int64_t bytes) {
  char* const first = align(begin, kHugePage);
  const int64_t whole = (begin + bytes - first) / kHugePage * kHugePage;
  if (whole > 0) madvise(first, static_cast<size_t>(whole), MADV_DONTNEED);
}

}  // namespace

HugePool::~HugePool() {
  for (const auto& [begin, bytes] : regions_) munmap(begin, static_cast<size_t>(bytes));
}

void* HugePool::allocate(int64_t bytes) {
  const int64_t size = round_up(bytes, kPage);
  const std::lock_guard lock(mutex_);
  auto range = smallest_free(size);
  if (range != free_.end()) {
    char* const begin = take(range, size);
    std::memset(begin, 0, static_cast<size_t>(size));  // others' values
    return begin;
  }
  const int64_t mapped = round_up(size, kHugePage);
  char* const begin = map_huge_pages(mapped);
  regions_.emplace(begin, mapped);
  return take(free_.emplace(begin, mapped).first, size);
}

void HugePool::release(void* address, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  char* const begin = static_cast<char*>(address);
  Ranges::iterator range;
  try {
    range = free_.emplace(begin, round_up(bytes, kPage)).first;
  } catch (const std::bad_alloc&) {  // out of memory: its addresses stay taken, its content goes
    return drop_contents(begin, round_up(bytes, kPage));
  }
  range = join_neighbours(range);
  const auto region = regions_.find(range->first);
  if (region != regions_.end() && region->second == range->second) {
    munmap(range->first, static_cast<size_t>(range->second));
    regions_.erase(region);
    free_.erase(range);
  } else {
    drop_contents(range->first, range->second);
  }
}

int64_t HugePool::mapped_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t sum = 0;
  for (const auto& [begin, bytes] : regions_) sum += bytes;
  return sum;
}

// The first `bytes` of a free range.
char* HugePool::take(Ranges::iterator range, int64_t bytes) {
  const auto [begin, size] = *range;
  free_.erase(range);
  if (size > bytes) free_.emplace(begin + bytes, size - bytes);
  return begin;
}

// Where it fits best, so that large ranges stay for large arrays.
HugePool::Ranges::iterator HugePool::smallest_free(int64_t bytes) {
  auto best = free_.end();
  for (auto range = free_.begin(); range != free_.end(); ++range) {
    if (range->second < bytes) continue;
    if (best == free_.end() || range->second < best->second) best = range;
  }
  return best;
}

// Adds to a range the free ones beside it in its region.
HugePool::Ranges::iterator HugePool::join_neighbours(Ranges::iterator range) {
  const auto joined = [&](Ranges::iterator low, Ranges::iterator high) {
    return low->first + low->second == high->first && !regions_.contains(high->first);
  };
  if (const auto next = std::next(range); next != free_.end() && joined(range, next)) {
    range->second += next->second;
    free_.erase(next);
  }
  if (range != free_.begin() && joined(std::prev(range), range)) {
    const auto before = std::prev(range);
    before->second += range->second;
    free_.erase(range);
    return before;
  }
  return range;
}

}  // namespace charrnn::cpu
