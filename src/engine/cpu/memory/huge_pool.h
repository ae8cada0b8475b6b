// Memory in pages of 2 MiB, which arrays of any size share: the end of one array's last huge page
// holds smaller arrays. In pages of 4 KiB a training step touches more of them than a processor
// keeps translations for, and looking one up takes longest in a virtual machine (an LSTM 2x128
// trained 9 % slower).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace charrnn::cpu {

// Any thread may call it.
class HugePool {
 public:
  HugePool() = default;
  HugePool(const HugePool&) = delete;
  HugePool& operator=(const HugePool&) = delete;
  ~HugePool();

  // Zeroed bytes that begin a page of 4 KiB. Throws Error (kLimit) where the system has none.
  void* allocate(int64_t bytes);
  // What allocate(bytes) returned. Huge pages that hold nothing any more go back to the system.
  void release(void* address, int64_t bytes);

  int64_t mapped_bytes() const;

 private:
  using Ranges = std::map<char*, int64_t>;  // begin: bytes

  char* take(Ranges::iterator range, int64_t bytes);
  Ranges::iterator smallest_free(int64_t bytes);
  Ranges::iterator join_neighbours(Ranges::iterator range);

  mutable std::mutex mutex_;
  Ranges regions_;  // from the system, whole huge pages
  Ranges free_;     // parts of regions; none reaches from one region into the next
};

}  // namespace charrnn::cpu
