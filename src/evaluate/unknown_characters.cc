#include "evaluate/unknown_characters.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr int64_t kUnicodeScalars = 0x110000 - 0x800;  // code points without surrogates
constexpr size_t kMergedPiece = size_t{1} << 16;       // losses that go on together

}  // namespace

int64_t possible_characters(Encoding encoding) {
  return encoding == Encoding::kBytes ? 256 : kUnicodeScalars;
}

double unknown_cost(Encoding encoding) {
  return std::log(static_cast<double>(possible_characters(encoding)));
}

void UnknownCharacters::add_before(size_t id) {
  check(runs_.empty() || runs_.back().before <= id, "unknown characters come in order");
  if (runs_.empty() || runs_.back().before != id) runs_.push_back({id, 0});
  ++runs_.back().length;
  ++count_;
}

UnknownCharacters UnknownCharacters::from(size_t begin) const {
  UnknownCharacters rest(cost_);
  const auto first = std::lower_bound(runs_.begin(), runs_.end(), begin,
                                      [](const Run& run, size_t id) { return run.before < id; });
  for (auto run = first; run != runs_.end(); ++run) {
    rest.runs_.push_back({run->before - begin, run->length});
    rest.count_ += run->length;
  }
  return rest;
}

void LossMerger::add(std::span<const float> losses) {
  if (unknown_.count() == 0) return sink_(losses);
  for (const float loss : losses) {
    put(static_cast<float>(unknown_.cost()), cursor_.take(next_++));
    put(loss, 1);
  }
}

void LossMerger::finish() {
  put(static_cast<float>(unknown_.cost()), cursor_.take(known_));
  if (!merged_.empty()) sink_(merged_);
  merged_.clear();
}

void LossMerger::put(float loss, int64_t times) {
  for (; times > 0; --times) {
    merged_.push_back(loss);
    if (merged_.size() < kMergedPiece) continue;
    sink_(merged_);
    merged_.clear();
  }
}

}  // namespace charrnn
