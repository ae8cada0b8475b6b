#include "engine/cpu/memory/huge_array.h"

#include "engine/cpu/memory/huge_pool.h"

namespace charrnn::cpu {
namespace {

// Never destroyed: at the end of the process threads may still use what it gave.
HugePool& pool() {
  static HugePool& pool = *new HugePool;
  return pool;
}

}  // namespace

void* allocate_huge(int64_t bytes) { return pool().allocate(bytes); }

void release_huge(void* address, int64_t bytes) { pool().release(address, bytes); }

}  // namespace charrnn::cpu
