// Counts what follows contexts of one length in a text, for a subset of the contexts.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/ngram/count_table.h"
#include "evaluate/ngram/ngram_places.h"
#include "text/characters/id_array.h"

namespace charrnn {

class NgramCounts {
 public:
  // Two ways of counting "h c": how often it occurs, and how many different characters stand
  // before it (Kneser and Ney's continuation count; the beginning of the text is one of them).
  enum Way { kOccurrences, kLefts, kWays };

  // The continuations of a context.
  struct Followers {
    uint32_t total = 0;                       // the counts of all characters that follow
    std::array<uint32_t, 3> characters = {};  // how many have a count of 1, of 2, of more
  };

  // Counts in `training` after contexts of `length` characters: those that occur in `scored`, and a
  // sample of all from which the discounts are estimated. sampled: about how many training
  // characters follow sampled contexts. If the tables would exceed max_bytes, fits() is false and
  // nothing else is valid.
  NgramCounts(IdView training, IdView scored, int length, int64_t sampled, int64_t max_bytes);

  bool fits() const { return fits_; }
  // Of the sampled contexts: [n] is how many different "h c" have the count n, for n = 1 … 4.
  const std::array<int64_t, 5>& counts_of_counts(Way way) const { return counts_of_counts_[way]; }
  // Of a context that occurs in `scored`.
  const Followers& followers(uint64_t context_key, Way way) const;
  uint32_t count(uint64_t context_key, int32_t id, Way way) const;

 private:
  struct Context {
    std::array<Followers, kWays> followers;
  };
  struct Pair {
    std::array<uint32_t, kWays> counts = {};
  };
  struct Nothing {};

  bool is_sampled(uint64_t context_key) const {
    constexpr int kShift = 40;  // these bits of a key do not choose its place in a table
    return (context_key >> kShift & sample_mask_) == 0;
  }
  void count_run(std::span<const NgramPlace> places, std::vector<NgramPlace>& counted);
  void count_place(const NgramPlace& place);  // its context is in the table, or is sampled
  void raise(Context& context, Pair& pair, Way way, bool sampled);
  bool keep_within(int64_t max_bytes);

  uint64_t sample_mask_ = 0;  // contexts with these bits zero are sampled
  bool fits_ = true;
  CountTable<Context> contexts_;
  CountTable<Pair> pairs_;
  CountTable<Nothing> triples_;  // before, context, after
  std::array<std::array<int64_t, 5>, kWays> counts_of_counts_ = {};
};

}  // namespace charrnn
