// Positions of a text with hashes of their contexts of one length.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "text/characters/id_array.h"

namespace charrnn {

struct NgramPlace {
  uint64_t context_key;
  int32_t before;  // the character before the context; -1: none
  int32_t id;      // the character after it
};

// Calls visit(first, places) for runs of consecutive positions of `text` that follow a full context
// of `length` characters; `first` is the position of the run's first character. The key is a
// rolling polynomial hash of the context's ids modulo 2^64, then mixed.
template <class Visit>
void for_each_ngram_run(IdView text, int length, const Visit& visit) {
  constexpr uint64_t kBase = 0x9e3779b97f4a7c15u;
  constexpr size_t kRun = 256;
  uint64_t oldest = 1;  // kBase^length
  for (int i = 0; i < length; ++i) oldest *= kBase;
  std::vector<int32_t> buffer(length + 1 + kRun);
  std::array<NgramPlace, kRun> places;
  int32_t before = -1;
  for (size_t begin = length; begin < text.size; begin += kRun) {
    const size_t count = std::min(kRun, text.size - begin);
    const std::span<int32_t> ids = std::span(buffer).first(length + count);
    text.copy(begin - length, ids);
    uint64_t hash = 0;
    for (int i = 0; i < length; ++i) hash = hash * kBase + ids[i] + 1;
    for (size_t i = 0; i < count; ++i) {
      const int32_t id = ids[i + length];
      places[i] = {mix64(hash + length), before, id};
      hash = hash * kBase + id + 1 - oldest * (static_cast<uint64_t>(ids[i]) + 1);
      before = ids[i];
    }
    visit(begin, std::span<const NgramPlace>(places).first(count));
  }
}

}  // namespace charrnn
