#include "engine/vector/aligned_floats.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace charrnn {

AlignedFloats::AlignedFloats(size_t count) : size_(count) {
  if (count == 0) return;
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t alignment = count * sizeof(float) >= kHugePage ? kHugePage : 64;
  const size_t bytes = (count * sizeof(float) + alignment - 1) / alignment * alignment;
  values_.reset(static_cast<float*>(std::aligned_alloc(alignment, bytes)));
  if (values_ == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) madvise(values_.get(), bytes, MADV_HUGEPAGE);
  clear();
}

void AlignedFloats::clear() {
  if (size_ > 0) std::memset(values_.get(), 0, size_ * sizeof(float));
}

void AlignedFloats::at_least(size_t count) {
  if (count > size_) *this = AlignedFloats(count);
}

void AlignedFloats::Free::operator()(float* values) const { std::free(values); }

}  // namespace charrnn
