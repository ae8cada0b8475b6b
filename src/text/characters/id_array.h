// A text as ids of one, two or four bytes, the fewest that its vocabulary allows: a text of 1 GB
// with up to 256 different characters takes 1 GB, and no more while it grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace charrnn {

class IdArray {
 public:
  // For ids from 0 to vocabulary_size - 1.
  explicit IdArray(int64_t vocabulary_size = 1);
  IdArray(const IdArray& other);
  IdArray(IdArray&& other) noexcept;
  IdArray& operator=(IdArray other) noexcept;
  ~IdArray() = default;

  size_t size() const { return size_; }
  int bytes_per_id() const { return width_; }
  int32_t operator[](size_t index) const;
  void push_back(int32_t id);
  void reserve(size_t count);

  // Copies the ids from `begin` on into `out`; all of them must exist.
  void copy(size_t begin, std::span<int32_t> out) const;

  // Allows ids up to vocabulary_size - 1, widening the stored ids in place if needed.
  void grow_vocabulary(int64_t vocabulary_size);

  // Calls `use` with all ids, as a span of uint8_t, uint16_t or int32_t.
  template <class Use>
  decltype(auto) visit(Use&& use) const;
  template <class Use>
  decltype(auto) visit(Use&& use);

  // Appends `count` uninitialised ids, to be written through visit().
  void extend(size_t count);
  void truncate(size_t size);  // drops the ids from there on
  void shrink_to_fit();        // gives unused memory back

  // Every id becomes new_ids[id].
  void renumber(std::span<const int32_t> new_ids);

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  void set_capacity(size_t bytes);

  // From malloc, because realloc can move pages instead of copying them.
  std::unique_ptr<std::byte, Free> bytes_;
  size_t capacity_ = 0;  // in bytes
  size_t size_ = 0;      // in ids
  int width_ = 1;        // bytes per id
};

template <class Use>
decltype(auto) IdArray::visit(Use&& use) const {
  const void* bytes = bytes_.get();
  if (width_ == 1) return use(std::span(static_cast<const uint8_t*>(bytes), size_));
  if (width_ == 2) return use(std::span(static_cast<const uint16_t*>(bytes), size_));
  return use(std::span(static_cast<const int32_t*>(bytes), size_));
}

template <class Use>
decltype(auto) IdArray::visit(Use&& use) {
  void* bytes = bytes_.get();
  if (width_ == 1) return use(std::span(static_cast<uint8_t*>(bytes), size_));
  if (width_ == 2) return use(std::span(static_cast<uint16_t*>(bytes), size_));
  return use(std::span(static_cast<int32_t*>(bytes), size_));
}

// A borrowed part of a text.
struct IdView {
  const IdArray* ids = nullptr;
  size_t begin = 0;
  size_t size = 0;
  int32_t operator[](size_t index) const { return (*ids)[begin + index]; }
  void copy(size_t from, std::span<int32_t> out) const { ids->copy(begin + from, out); }
  IdView part(size_t from, size_t count) const { return {ids, begin + from, count}; }
};

inline IdView view(const IdArray& ids) { return {&ids, 0, ids.size()}; }

}  // namespace charrnn
