// A text as ids, each in the smallest of one, two or four bytes, whichever its vocabulary needs: a
// text of 1 GB with fewer than 257 characters takes 1 GB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace charrnn {

class IdArray {
 public:
  // ids from 0 to vocabulary_size - 1 will be held.
  explicit IdArray(int64_t vocabulary_size = 1);

  size_t size() const;
  int bytes_per_id() const;
  int32_t operator[](size_t index) const;
  void push_back(int32_t id);
  void reserve(size_t count);

  // Copies the ids from `begin` on into `out`; all of them must exist.
  void copy(size_t begin, std::span<int32_t> out) const;

 private:
  std::variant<std::vector<uint8_t>, std::vector<uint16_t>, std::vector<int32_t>> ids_;
};

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
