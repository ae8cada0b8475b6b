// A hash table from 64-bit keys to counts: open addressing, linear probing. Keys are hashes; items
// with equal hashes are merged (probability about n² / 2^65 for n items).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/huge_memory.h"

namespace charrnn {

// Value: a plain struct that starts at zero. At most three quarters of the slots are used.
template <class Value>
class CountTable {
 public:
  CountTable() : slots_(32) {}

  // nullptr if the key is absent; valid until the next insertion.
  Value* find(uint64_t key) {
    Slot& slot = slots_[place(key)];
    return slot.key == 0 ? nullptr : &slot.value;
  }
  const Value* find(uint64_t key) const {
    const Slot& slot = slots_[place(key)];
    return slot.key == 0 ? nullptr : &slot.value;
  }
  // The key's value, which is `value` if the key is new. Valid until the next insertion.
  Value& insert(uint64_t key, const Value& value) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    Slot& slot = slots_[place(key)];
    if (slot.key == 0) {
      slot = {own(key), value};
      ++size_;
    }
    return slot.value;
  }
  // Brings the key's place into the cache.
  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[first_place(own(key))]); }

  // In no order.
  void for_each(const auto& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key != 0) visit(slot.key, slot.value);
    }
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key = 0;  // 0: free
    Value value = {};
  };
  using Slots = std::vector<Slot, HugeAllocator<Slot>>;

  static uint64_t own(uint64_t key) { return key == 0 ? 1 : key; }

  // The low 32 bits, as a fraction of the table.
  size_t first_place(uint64_t key) const {
    return static_cast<size_t>((key & 0xffffffffu) * slots_.size() >> 32);
  }
  size_t place(uint64_t key) const {
    size_t i = first_place(own(key));
    while (slots_[i].key != 0 && slots_[i].key != own(key)) {
      if (++i == slots_.size()) i = 0;
    }
    return i;
  }

  void grow() {
    Slots old(slots_.size() + slots_.size() / 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != 0) slots_[place(slot.key)] = slot;
    }
  }

  Slots slots_;
  size_t size_ = 0;
};

}  // namespace charrnn
