#include "text/corpus/statistics.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"

namespace charrnn {
namespace {

// Numbers pairs (context, character) in the order in which they appear. Open addressing; the table
// is at most half full.
class PairNumbers {
 public:
  PairNumbers() : slots_(1024) {}

  uint32_t number(uint64_t key) {
    Slot& slot = slots_[place(key + 1)];
    if (slot.key != 0) return slot.number;
    slot = {key + 1, count_++};
    if (2 * size_t{count_} > slots_.size()) grow();
    return count_ - 1;
  }
  uint32_t count() const { return count_; }

 private:
  struct Slot {
    uint64_t key = 0;  // plus 1; 0 is free
    uint32_t number = 0;
  };

  // Of a key plus 1: its slot, or the free one for it.
  size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t place = static_cast<size_t>((key * 0x9E3779B97F4A7C15u) >> 32) & mask;
    while (slots_[place].key != 0 && slots_[place].key != key) place = (place + 1) & mask;
    return place;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != 0) slots_[place(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;
  uint32_t count_ = 0;
};

// Sum of n log2 n over the counts n.
double sum_n_log_n(const std::vector<uint32_t>& counts) {
  double sum = 0;
  for (const uint32_t n : counts) {
    if (n > 1) sum += n * std::log2(n);
  }
  return sum;
}

uint64_t median_of(const std::unordered_map<uint64_t, uint64_t>& histogram, uint64_t total) {
  std::vector<std::pair<uint64_t, uint64_t>> sorted(histogram.begin(), histogram.end());
  std::sort(sorted.begin(), sorted.end());
  uint64_t below = 0;
  for (const auto& [length, count] : sorted) {
    below += count;
    if (2 * below >= total) return length;
  }
  return 0;
}

}  // namespace

std::vector<uint64_t> count_ids(const IdArray& ids, int vocabulary_size) {
  std::vector<uint64_t> counts(vocabulary_size);
  ids.visit([&](auto all) {
    for (const auto id : all) ++counts[id];
  });
  return counts;
}

LineStatistics line_statistics(const Corpus& corpus) {
  LineStatistics lines;
  std::unordered_map<uint64_t, uint64_t> histogram;
  uint64_t sum = 0;
  const auto add = [&](uint64_t length) {
    ++lines.lines;
    ++histogram[length];
    sum += length;
    if (length > lines.max_length || lines.lines == 1) {
      lines.max_length = length;
      lines.longest_line = lines.lines;
    }
  };
  const int32_t line_feed = corpus.vocabulary.find('\n').value_or(-1);
  const int32_t carriage_return = corpus.vocabulary.find('\r').value_or(-1);
  corpus.ids.visit([&](auto ids) {
    size_t begin = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto id = static_cast<int32_t>(ids[i]);
      if (id != line_feed && id != carriage_return) continue;
      add(i - begin);
      const bool is_pair = id == carriage_return && line_feed >= 0 && i + 1 < ids.size() &&
                           static_cast<int32_t>(ids[i + 1]) == line_feed;
      ++(is_pair ? lines.crlf : id == line_feed ? lines.lf : lines.cr);
      i += is_pair;
      begin = i + 1;
    }
    lines.ends_with_newline = begin == ids.size() && begin > 0;
    if (begin < ids.size()) add(ids.size() - begin);
  });
  lines.mean_length = static_cast<double>(sum) / static_cast<double>(lines.lines);
  lines.median_length = median_of(histogram, lines.lines);
  return lines;
}

std::vector<double> conditional_entropies(IdView text, int vocabulary_size, int max_order) {
  check(text.size < (uint64_t{1} << 31), "contexts are counted in a text of less than 2^31");
  std::vector<int32_t> ids(text.size);
  text.copy(0, ids);
  std::vector<uint32_t> contexts(ids.size());  // number of the context before each character
  uint32_t context_count = 1;
  std::vector<double> entropies;
  for (int order = 0; order <= max_order && static_cast<size_t>(order) < ids.size(); ++order) {
    const size_t predicted = ids.size() - order;
    // contexts[i]: of the `order` characters from i on, followed by ids[i + order].
    PairNumbers pairs;
    std::vector<uint32_t> context_counts(context_count), pair_counts;
    for (size_t i = 0; i < predicted; ++i) {
      ++context_counts[contexts[i]];
      const uint32_t pair = pairs.number(uint64_t{contexts[i]} * vocabulary_size + ids[i + order]);
      if (pair == pair_counts.size()) pair_counts.push_back(0);
      ++pair_counts[pair];
      contexts[i] = pair;
    }
    const double bits = sum_n_log_n(context_counts) - sum_n_log_n(pair_counts);
    entropies.push_back(std::max(0.0, bits / static_cast<double>(predicted)));
    context_count = pairs.count();
  }
  return entropies;
}

}  // namespace charrnn
