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

}  // namespace

NgramCounts::NgramCounts(IdView training, IdView scored, int length, int64_t sampled,
                         int64_t max_bytes, ThreadPool& pool, const std::function<void()>& poll) {
  // Short contexts are few: all of them.
  while (length > 1 &&
         static_cast<int64_t>(training.size) / static_cast<int64_t>(sample_mask_ + 1) > sampled) {
    sample_mask_ = 2 * sample_mask_ + 1;
  }
  // Every share reads the whole text: below this it isn't worth it.
  constexpr size_t kMinTraining = 1 << 16;
  shares_.resize(std::clamp<size_t>(training.size / kMinTraining, 1, pool.threads()));
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
      if (share_of(place.context_key) == index) share.contexts.insert(place.context_key);
    }
  });
  make_filter(share);
  Run run;
  for_each_run(training,
               [&](std::span<const NgramPlace> places) { count_run(index, places, run); });
}

void NgramCounts::make_filter(Share& share) const {
  constexpr size_t kBitsEach = 16;
  share.filter.resize(std::bit_ceil(kBitsEach * (share.contexts.size() + 4)) / 64);
  share.contexts.for_each_key([&](uint64_t key) {
    const uint64_t bit = key >> kFilterShift;
    share.filter[bit / 64 & (share.filter.size() - 1)] |= uint64_t{1} << bit % 64;
  });
}

// The tables exceed the caches: entries of a run are prefetched. Whether a place is counted here
// follows from a hash, which no processor predicts, so places are sorted out without branches.
void NgramCounts::count_run(size_t index, std::span<const NgramPlace> places, Run& run) {
  Share& share = shares_[index];
  run.places.resize(places.size());
  run.counted.resize(places.size());
  size_t own = 0;
  for (const NgramPlace& place : places) {
    run.places[own] = place;
    own += static_cast<size_t>(share_of(place.context_key) == index);
  }
  size_t known = 0;
  for (size_t i = 0; i < own; ++i) {
    const NgramPlace place = run.places[i];
    const uint64_t bit = place.context_key >> kFilterShift;
    const uint64_t word = share.filter[bit / 64 & (share.filter.size() - 1)];
    run.places[known] = place;
    known += (word >> bit % 64 & 1) | static_cast<uint64_t>(is_sampled(place.context_key));
  }
  for (size_t i = 0; i < known; ++i) share.contexts.prefetch(run.places[i].context_key);
  share.contexts.make_room(known);
  size_t counted = 0;
  for (size_t i = 0; i < known; ++i) {
    const NgramPlace& place = run.places[i];
    const bool sampled = is_sampled(place.context_key);
    Context* context = sampled ? &share.contexts.insert(place.context_key)
                               : share.contexts.find(place.context_key);
    if (context == nullptr) continue;
    const uint64_t pair = longer_key(place.context_key, place.id);
    const uint64_t triple = longer_key(pair, place.before);
    share.pairs.prefetch(pair);
    share.triples.prefetch(triple);
    run.counted[counted++] = {context, pair, triple, sampled};
  }
  for (size_t i = 0; i < counted; ++i) count_place(share, run.counted[i]);
}

// What the tables take is judged by the entries of all shares together, as if they were one: it
// does not depend on the number of shares. A table that grows needs room for its old size and twice
// that.
bool NgramCounts::keeps_within(Share& share, int64_t max_bytes) {
  const std::array<size_t, 3> now = {share.contexts.size(), share.pairs.size(),
                                     share.triples.size()};
  constexpr std::array<size_t, 3> kSlot = {Contexts::kSlotBytes, Pairs::kSlotBytes,
                                           Triples::kSlotBytes};
  size_t bytes = 0, largest = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    const size_t added = now[i] - std::exchange(share.told[i], now[i]);
    const size_t table = kSlot[i] * slots_for(entries_[i].fetch_add(added) + added);
    bytes += table;
    largest = std::max(largest, table);
  }
  return bytes + 2 * largest <= static_cast<size_t>(max_bytes);
}

void NgramCounts::count_place(Share& share, const Counted& place) {
  Pair& pair = share.pairs.insert(place.pair);
  raise(share, *place.context, pair, kOccurrences, place.sampled);
  if (share.triples.insert_new(place.triple)) {
    raise(share, *place.context, pair, kLefts, place.sampled);
  }
}

void NgramCounts::raise(Share& share, Context& context, Pair& pair, Way way, bool sampled) {
  Followers& followers = context.followers[way];
  uint32_t& count = pair.counts[way];
  if (count == 1 || count == 2) --followers.characters[count - 1];
  if (count < 3) ++followers.characters[count];
  ++followers.total;
  if (sampled) {
    auto& tally = share.counts_of_counts[way];
    if (count >= 1 && count <= 4) --tally[count];
    if (count < 4) ++tally[count + 1];
  }
  ++count;
}

std::array<int64_t, 5> NgramCounts::counts_of_counts(Way way) const {
  std::array<int64_t, 5> sums = {};
  for (const Share& share : shares_) {
    for (size_t n = 0; n < sums.size(); ++n) sums[n] += share.counts_of_counts[way][n];
  }
  return sums;
}

const NgramCounts::Followers& NgramCounts::followers(uint64_t context_key, Way way) const {
  const Context* context = shares_[share_of(context_key)].contexts.find(context_key);
  check(context != nullptr, "the context occurs in the scored part");
  return context->followers[way];
}

uint32_t NgramCounts::count(uint64_t context_key, int32_t id, Way way) const {
  const Pair* pair = shares_[share_of(context_key)].pairs.find(longer_key(context_key, id));
  return pair == nullptr ? 0 : pair->counts[way];
}

}  // namespace charrnn
