#include "evaluate/ngram/ngram_counts.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"

namespace charrnn {
namespace {

uint64_t longer_key(uint64_t key, int32_t id) {
  return mix64(key + (static_cast<uint64_t>(id) + 2) * 0x9e3779b97f4a7c15u);
}

// Of a context with the character after it and the one before it.
uint64_t triple_key(const NgramPlace& place) {
  const auto around = static_cast<uint64_t>(static_cast<uint32_t>(place.id)) << 32 |
                      static_cast<uint32_t>(place.before);
  return mix64(place.context_key + around * 0x9e3779b97f4a7c15u);
}

// A context's word of a filter with so many words, and its bits there.
struct FilterBits {
  size_t word;
  uint64_t bits;

  FilterBits(uint64_t bits_of_key, size_t words)
      : word(bits_of_key >> 12 & (words - 1)),
        bits(uint64_t{1} << (bits_of_key & 63) | uint64_t{1} << (bits_of_key >> 6 & 63)) {}
};

// Bytes of a table that is at most half full, has a power of two of slots, and so many entries.
size_t table_bytes(size_t slot_bytes, size_t entries) {
  return slot_bytes * std::bit_ceil(std::max<size_t>(32, 2 * (entries + 1)));
}

}  // namespace

NgramCounts::NgramCounts(IdView training, IdView scored, int length, int64_t sampled,
                         int64_t max_bytes, ThreadPool& pool, int threads,
                         const std::function<void()>& poll) {
  // Short contexts are few: all of them.
  while (length > 1 &&
         static_cast<int64_t>(training.size) / static_cast<int64_t>(sample_mask_ + 1) > sampled) {
    sample_mask_ = 2 * sample_mask_ + 1;
  }
  // Every share reads the whole text: below this it isn't worth it.
  constexpr size_t kMinTraining = 1 << 16;
  const auto most = static_cast<size_t>(std::clamp(threads, 1, pool.threads()));
  shares_.resize(std::clamp<size_t>(training.size / kMinTraining, 1, most));
  std::atomic<bool> stopped = false;
  pool.run([&](int thread) {
    const auto index = static_cast<size_t>(thread);
    if (index >= shares_.size()) return;
    try {
      fill(index, training, scored, length, [&] {
        if (thread == 0 && poll) poll();
        if (!keeps_within(shares_[index], max_bytes)) stopped = true;
        return !stopped;
      });
      if (!stopped) sum_up(shares_[index]);
    } catch (...) {
      stopped = true;
      throw;
    }
  });
  for (Share& share : shares_) fits_ = keeps_within(share, max_bytes) && fits_;
}

// may_go_on: asked every few thousand characters.
void NgramCounts::fill(size_t index, IdView training, IdView scored, int length,
                       const auto& may_go_on) {
  Share& share = shares_[index];
  bool goes_on = true;
  const auto for_each_run = [&](IdView text, const auto& visit) {
    constexpr size_t kRunsBetween = 64;
    size_t runs = 0;
    for_each_ngram_run(text, length, [&](size_t, std::span<const NgramPlace> places) {
      if (runs++ % kRunsBetween == 0) goes_on = goes_on && may_go_on();
      if (goes_on) visit(places);
    });
  };
  for_each_run(scored, [&](std::span<const NgramPlace> places) {
    for (const NgramPlace& place : places) {
      if (share_of(place.context_key) == index) add_context(share, place.context_key);
    }
  });
  make_filter(share);
  std::vector<Candidate> candidates;
  for_each_run(training,
               [&](std::span<const NgramPlace> places) { count_run(index, places, candidates); });
}

void NgramCounts::make_filter(Share& share) const {
  constexpr size_t kBitsEach = 16;
  share.filter.resize(std::bit_ceil(kBitsEach * (share.contexts.size() + 4)) / 64);
  share.context_numbers.for_each([&](uint64_t key, Number) {
    const FilterBits filter(key >> kFilterShift, share.filter.size());
    share.filter[filter.word] |= filter.bits;
  });
}

// The tables exceed the caches: entries of a run are prefetched. Whether a place is counted here
// follows from a hash, which no processor predicts, so places are sorted out without branches.
void NgramCounts::count_run(size_t index, std::span<const NgramPlace> places,
                            std::vector<Candidate>& candidates) {
  Share& share = shares_[index];
  candidates.resize(places.size());
  const uint64_t* filter_words = share.filter.data();
  const size_t words = share.filter.size();
  size_t count = 0;
  for (const NgramPlace& place : places) {
    const FilterBits filter(place.context_key >> kFilterShift, words);
    const bool is_known = (filter_words[filter.word] & filter.bits) == filter.bits;
    candidates[count].place = place;
    count += static_cast<size_t>(share_of(place.context_key) == index) &
             (static_cast<size_t>(is_known) | static_cast<size_t>(is_sampled(place.context_key)));
  }
  for (size_t i = 0; i < count; ++i) {
    candidates[i].triple = triple_key(candidates[i].place);
    share.triples.prefetch(candidates[i].triple);
  }
  for (size_t i = 0; i < count; ++i) {
    Triple* triple = share.triples.find(candidates[i].triple);
    if (triple != nullptr) {
      ++triple->count;
    } else {
      add_triple(share, candidates[i]);
    }
  }
}

void NgramCounts::add_triple(Share& share, const Candidate& candidate) {
  const uint64_t key = candidate.place.context_key;
  const Number* known = share.context_numbers.find(key);
  if (known == nullptr && !is_sampled(key)) return;
  const uint32_t context = known != nullptr ? known->value : add_context(share, key);
  const auto next = static_cast<uint32_t>(share.pairs.size());
  const uint32_t pair =
      share.pair_numbers.insert(longer_key(key, candidate.place.id), {next}).value;
  if (pair == next) share.pairs.push_back({context});
  share.triples.insert(candidate.triple, {1, pair});
}

// Returns the context's number.
uint32_t NgramCounts::add_context(Share& share, uint64_t key) const {
  const auto next = static_cast<uint32_t>(share.contexts.size());
  const uint32_t context = share.context_numbers.insert(key, {next}).value;
  if (context == next) share.contexts.push_back({.followers = {}, .sampled = is_sampled(key)});
  return context;
}

void NgramCounts::sum_up(Share& share) {
  share.triples.for_each([&](uint64_t, const Triple& triple) {
    share.pairs[triple.pair].counts[kOccurrences] += triple.count;
    ++share.pairs[triple.pair].counts[kLefts];
  });
  for (const Pair& pair : share.pairs) {
    Context& context = share.contexts[pair.context];
    for (size_t way = 0; way < kWays; ++way) {
      const uint32_t count = pair.counts[way];
      context.followers[way].total += count;
      ++context.followers[way].characters[std::min<uint32_t>(count, 3) - 1];
      if (context.sampled && count <= 4) ++share.counts_of_counts[way][count];
    }
  }
}

// What the tables take is judged by the entries of all shares together, as if they were one: it
// does not depend on the number of shares. A table that grows needs room for its old size and more
// for its new one.
bool NgramCounts::keeps_within(Share& share, int64_t max_bytes) {
  const std::array<size_t, 3> now = {share.contexts.size(), share.pairs.size(),
                                     share.triples.size()};
  constexpr std::array<size_t, 3> kSlotBytes = {40, 16, 8};
  size_t bytes = 0, largest = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    const size_t added = now[i] - std::exchange(share.told[i], now[i]);
    const size_t table = table_bytes(kSlotBytes[i], entries_[i].fetch_add(added) + added);
    bytes += table;
    largest = std::max(largest, table);
  }
  return bytes + 2 * largest <= static_cast<size_t>(max_bytes);
}

std::array<int64_t, 5> NgramCounts::counts_of_counts(Way way) const {
  std::array<int64_t, 5> sums = {};
  for (const Share& share : shares_) {
    for (size_t n = 0; n < sums.size(); ++n) sums[n] += share.counts_of_counts[way][n];
  }
  return sums;
}

NgramCounts::Found NgramCounts::find(uint64_t context_key, int32_t id) const {
  const Share& share = shares_[share_of(context_key)];
  const Number* context = share.context_numbers.find(context_key);
  check(context != nullptr, "the context occurs in the scored part");
  Found found{.followers = share.contexts[context->value].followers, .counts = {}};
  const Number* pair = share.pair_numbers.find(longer_key(context_key, id));
  if (pair != nullptr) found.counts = share.pairs[pair->value].counts;
  return found;
}

}  // namespace charrnn
