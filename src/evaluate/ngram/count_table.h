// A hash table from 64-bit keys to counts: open addressing, linear probing. Keys are hashes; items
// with equal hashes are merged (probability about n² / 2^65 for n items).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "evaluate/ngram/huge_allocator.h"

namespace charrnn {

// Slots of a table that has grown to so many entries.
inline size_t slots_for(size_t entries) {
  return std::bit_ceil(std::max<size_t>(32, 2 * (entries + 1)));
}

// Value: a plain struct of counts that start at zero; may be empty.
template <class Value>
class CountTable {
 public:
  CountTable() : slots_(32) {}

  // Valid until the next insertion. nullptr if the key is absent.
  Value* find(uint64_t key) {
    Slot& slot = slots_[place(key)];
    return slot.key == 0 ? nullptr : &slot.value;
  }
  const Value* find(uint64_t key) const {
    const Slot& slot = slots_[place(key)];
    return slot.key == 0 ? nullptr : &slot.value;
  }
  Value& insert(uint64_t key) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place(key)];
    if (slot.key == 0) {
      slot.key = own(key);
      ++size_;
    }
    return slot.value;
  }
  // Room for so many further keys: until they are in, what find and insert return stays valid.
  void make_room(size_t count) {
    while (2 * (size_ + count) > slots_.size()) grow();
  }
  // True if the key is new.
  bool insert_new(uint64_t key) {
    const size_t before = size_;
    insert(key);
    return size_ > before;
  }
  // Brings the key's place into the cache.
  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[own(key) & (slots_.size() - 1)]); }

  // In no order.
  void for_each_key(const auto& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key != 0) visit(slot.key);
    }
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key = 0;  // 0: free
    [[no_unique_address]] Value value;
  };
  using Slots = std::vector<Slot, HugeAllocator<Slot>>;

 public:
  static constexpr size_t kSlotBytes = sizeof(Slot);

 private:
  static uint64_t own(uint64_t key) { return key == 0 ? 1 : key; }

  size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t i = own(key) & mask;
    while (slots_[i].key != 0 && slots_[i].key != own(key)) i = (i + 1) & mask;
    return i;
  }

  void grow() {
    Slots old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != 0) slots_[place(slot.key)] = slot;
    }
  }

  Slots slots_;
  size_t size_ = 0;
};

}  // namespace charrnn
