#include "evaluate/ngram/ngram_counts.h"

#include <algorithm>

#include "base/error.h"

namespace charrnn {
namespace {

uint64_t longer_key(uint64_t key, int32_t id) {
  return mix64(key + (static_cast<uint64_t>(id) + 2) * 0x9e3779b97f4a7c15u);
}

}  // namespace

NgramCounts::NgramCounts(IdView training, IdView scored, int length, int64_t sampled,
                         int64_t max_bytes) {
  // Short contexts are few: all of them.
  while (length > 1 &&
         static_cast<int64_t>(training.size) / static_cast<int64_t>(sample_mask_ + 1) > sampled) {
    sample_mask_ = 2 * sample_mask_ + 1;
  }
  for_each_ngram_run(scored, length, [&](size_t, std::span<const NgramPlace> places) {
    if (!keep_within(max_bytes)) return;
    for (const NgramPlace& place : places) contexts_.insert(place.context_key);
  });
  std::vector<NgramPlace> counted;
  for_each_ngram_run(training, length, [&](size_t, std::span<const NgramPlace> places) {
    if (!keep_within(max_bytes)) return;
    count_run(places, counted);
  });
}

// The tables exceed the caches: entries of a run are prefetched.
void NgramCounts::count_run(std::span<const NgramPlace> places, std::vector<NgramPlace>& counted) {
  for (const NgramPlace& place : places) contexts_.prefetch(place.context_key);
  counted.clear();
  for (const NgramPlace& place : places) {
    if (!is_sampled(place.context_key) && contexts_.find(place.context_key) == nullptr) continue;
    const uint64_t key = longer_key(place.context_key, place.id);
    pairs_.prefetch(key);
    triples_.prefetch(longer_key(key, place.before));
    counted.push_back(place);
  }
  for (const NgramPlace& place : counted) count_place(place);
}

// A table that grows needs room for its old size and twice that.
bool NgramCounts::keep_within(int64_t max_bytes) {
  const size_t largest = std::max({contexts_.bytes(), pairs_.bytes(), triples_.bytes()});
  const size_t bytes = contexts_.bytes() + pairs_.bytes() + triples_.bytes() + 2 * largest;
  fits_ = fits_ && bytes <= static_cast<size_t>(max_bytes);
  return fits_;
}

void NgramCounts::count_place(const NgramPlace& place) {
  const bool sampled = is_sampled(place.context_key);
  Context& context =
      sampled ? contexts_.insert(place.context_key) : *contexts_.find(place.context_key);
  const uint64_t key = longer_key(place.context_key, place.id);
  Pair& pair = pairs_.insert(key);
  raise(context, pair, kOccurrences, sampled);
  if (triples_.insert_new(longer_key(key, place.before))) {
    raise(context, pair, kLefts, sampled);
  }
}

void NgramCounts::raise(Context& context, Pair& pair, Way way, bool sampled) {
  Followers& followers = context.followers[way];
  uint32_t& count = pair.counts[way];
  if (count == 1 || count == 2) --followers.characters[count - 1];
  if (count < 3) ++followers.characters[count];
  ++followers.total;
  if (sampled) {
    auto& tally = counts_of_counts_[way];
    if (count >= 1 && count <= 4) --tally[count];
    if (count < 4) ++tally[count + 1];
  }
  ++count;
}

const NgramCounts::Followers& NgramCounts::followers(uint64_t context_key, Way way) const {
  const Context* context = contexts_.find(context_key);
  check(context != nullptr, "the context occurs in the scored part");
  return context->followers[way];
}

uint32_t NgramCounts::count(uint64_t context_key, int32_t id, Way way) const {
  const Pair* pair = pairs_.find(longer_key(context_key, id));
  return pair == nullptr ? 0 : pair->counts[way];
}

}  // namespace charrnn
