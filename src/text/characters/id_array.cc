#include "text/characters/id_array.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/error.h"

namespace charrnn {
namespace {

int bytes_for(int64_t vocabulary_size) {
  if (vocabulary_size <= 1 << 8) return 1;
  return vocabulary_size <= 1 << 16 ? 2 : 4;
}

// In place from the back, so that no id is overwritten before it is read. The two kinds of ids
// overlap in memory, hence memcpy.
template <class Narrow, class Wide>
void widen(std::byte* bytes, size_t count) {
  for (size_t i = count; i-- > 0;) {
    Narrow narrow;
    std::memcpy(&narrow, bytes + i * sizeof(Narrow), sizeof(Narrow));
    const auto wide = static_cast<Wide>(narrow);
    std::memcpy(bytes + i * sizeof(Wide), &wide, sizeof(Wide));
  }
}

}  // namespace

void IdArray::Free::operator()(std::byte* bytes) const { std::free(bytes); }

IdArray::IdArray(int64_t vocabulary_size) : width_(bytes_for(vocabulary_size)) {}

IdArray::IdArray(const IdArray& other) : width_(other.width_) {
  extend(other.size_);
  if (size_ > 0) std::memcpy(bytes_.get(), other.bytes_.get(), size_ * width_);
}

IdArray::IdArray(IdArray&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      capacity_(std::exchange(other.capacity_, 0)),
      size_(std::exchange(other.size_, 0)),
      width_(other.width_) {}

IdArray& IdArray::operator=(IdArray other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(capacity_, other.capacity_);
  std::swap(size_, other.size_);
  std::swap(width_, other.width_);
  return *this;
}

void IdArray::set_capacity(size_t bytes) {
  void* moved = std::realloc(bytes_.get(), std::max<size_t>(bytes, 1));
  if (moved == nullptr) throw std::bad_alloc();
  static_cast<void>(bytes_.release());
  bytes_.reset(static_cast<std::byte*>(moved));
  capacity_ = bytes;
}

void IdArray::reserve(size_t count) {
  if (count > std::numeric_limits<size_t>::max() / 8) throw std::bad_alloc();
  if (count * width_ > capacity_) set_capacity(count * width_);
}

void IdArray::extend(size_t count) {
  const size_t needed = (size_ + count) * width_;
  if (needed > capacity_) set_capacity(std::max(needed, capacity_ + capacity_ / 2));
  size_ += count;
}

void IdArray::truncate(size_t size) {
  check(size <= size_, "an id array is not truncated to more than it holds");
  size_ = size;
}

void IdArray::shrink_to_fit() {
  if (size_ * width_ < capacity_) set_capacity(size_ * width_);
}

void IdArray::push_back(int32_t id) {
  extend(1);
  visit([&]<class Id>(std::span<Id> ids) {
    check(id >= 0 &&
              static_cast<uint32_t>(id) <= static_cast<uint32_t>(std::numeric_limits<Id>::max()),
          "an id fits the vocabulary size of its array");
    ids[size_ - 1] = static_cast<Id>(id);
  });
}

int32_t IdArray::operator[](size_t index) const {
  return visit([&](auto ids) -> int32_t { return ids[index]; });
}

void IdArray::copy(size_t begin, std::span<int32_t> out) const {
  check(begin <= size_ && out.size() <= size_ - begin, "the ids copied exist");
  visit([&](auto ids) { std::copy_n(ids.data() + begin, out.size(), out.data()); });
}

void IdArray::grow_vocabulary(int64_t vocabulary_size) {
  const int width = bytes_for(vocabulary_size);
  if (width <= width_) return;
  // The reserve is counted in ids, so that a text of known size never moves twice.
  set_capacity(capacity_ / width_ * width);
  if (width == 2) {
    widen<uint8_t, uint16_t>(bytes_.get(), size_);
  } else if (width_ == 1) {
    widen<uint8_t, int32_t>(bytes_.get(), size_);
  } else {
    widen<uint16_t, int32_t>(bytes_.get(), size_);
  }
  width_ = width;
}

void IdArray::renumber(std::span<const int32_t> new_ids) {
  visit([&]<class Id>(std::span<Id> ids) {
    for (Id& id : ids) id = static_cast<Id>(new_ids[id]);
  });
}

}  // namespace charrnn
