// Counts what follows contexts of one length in a text, for a subset of the contexts.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
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
  // Of a context and a character after it, by way of counting.
  struct Found {
    std::array<Followers, kWays> followers;
    std::array<uint32_t, kWays> counts = {};  // of the character
  };

  // Counts in `training` after contexts of `length` characters: those that occur in `scored`, and a
  // sample of all from which the discounts are estimated. sampled: about how many training
  // characters follow sampled contexts. If the tables would exceed max_bytes, fits() is false and
  // nothing else is valid. Each of so many threads of the pool counts a share of the contexts; the
  // counts do not depend on how many there are. poll: called now and then on the caller's thread;
  // may throw to stop; may be empty.
  NgramCounts(IdView training, IdView scored, int length, int64_t sampled, int64_t max_bytes,
              ThreadPool& pool, int threads, const std::function<void()>& poll);

  bool fits() const { return fits_; }
  // Of the sampled contexts: [n] is how many different "h c" have the count n, for n = 1 … 4.
  std::array<int64_t, 5> counts_of_counts(Way way) const;
  // After a context that occurs in `scored`.
  Found find(uint64_t context_key, int32_t id) const;

 private:
  struct Number {
    uint32_t value = 0;
  };
  struct Context {
    std::array<Followers, kWays> followers;
    bool sampled = false;
  };
  // A context and the character after it.
  struct Pair {
    uint32_t context = 0;  // its number
    std::array<uint32_t, kWays> counts = {};
  };
  // A pair and the character before it. While a text is read only these are counted; the counts of
  // pairs and contexts are sums of theirs.
  struct Triple {
    uint32_t count = 0;
    uint32_t pair = 0;  // its number
  };
  using Numbers = CountTable<Number>;
  using Triples = CountTable<Triple>;

  // A share of the contexts, which one thread counts.
  struct Share {
    Numbers context_numbers, pair_numbers;
    Triples triples;
    std::vector<Context> contexts;  // by number
    std::vector<Pair> pairs;
    std::array<std::array<int64_t, 5>, kWays> counts_of_counts = {};
    // Two bits of a word are set for each context of the scored text, so that most others are
    // passed over without a look into the tables (a Bloom filter).
    std::vector<uint64_t> filter;
    std::array<size_t, 3> told = {};  // entries of the tables that `entries_` has
  };

  // A place whose context is counted unless the filter erred.
  struct Candidate {
    NgramPlace place;
    uint64_t triple;  // its key
  };

  // Where a key's bits are used: the lowest choose its place in a table.
  static constexpr int kFilterShift = 20, kSampleShift = 40, kShareShift = 52;

  size_t share_of(uint64_t context_key) const {
    return (context_key >> kShareShift) * shares_.size() >> (64 - kShareShift);
  }
  bool is_sampled(uint64_t context_key) const {
    return (context_key >> kSampleShift & sample_mask_) == 0;
  }
  void fill(size_t index, IdView training, IdView scored, int length, const auto& may_go_on);
  void make_filter(Share& share) const;
  void count_run(size_t index, std::span<const NgramPlace> places,
                 std::vector<Candidate>& candidates);
  void add_triple(Share& share, const Candidate& candidate);
  uint32_t add_context(Share& share, uint64_t key) const;
  static void sum_up(Share& share);
  bool keeps_within(Share& share, int64_t max_bytes);

  uint64_t sample_mask_ = 0;  // contexts with these bits zero are sampled
  bool fits_ = true;
  std::vector<Share> shares_;
  std::array<std::atomic<size_t>, 3> entries_ = {};  // of all shares: contexts, pairs, triples
};

}  // namespace charrnn
