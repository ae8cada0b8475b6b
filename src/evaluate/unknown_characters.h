// The characters of a text that a model doesn't know, and what they cost. No network can read them
// or give them a probability, so each costs the same, by an assumption that reports state: that it
// is guessed among all characters there are, each as likely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "text/characters/vocabulary.h"

namespace charrnn {

// How many characters there are: 1,112,064 Unicode scalar values, or 256 bytes.
int64_t possible_characters(Encoding encoding);
// ln of that, in nats.
double unknown_cost(Encoding encoding);

// Where they stand between the ids of the known ones.
class UnknownCharacters {
 public:
  struct Run {
    size_t before;   // the index of the id that follows; the number of ids at the end
    int64_t length;  // characters
  };

  UnknownCharacters() = default;
  explicit UnknownCharacters(double cost) : cost_(cost) {}

  // Indices must not descend.
  void add_before(size_t id);

  double cost() const { return cost_; }  // of each, in nats
  int64_t count() const { return count_; }
  const std::vector<Run>& runs() const { return runs_; }
  // Those of the text that begins with id `begin`.
  UnknownCharacters from(size_t begin) const;

 private:
  double cost_ = 0;
  int64_t count_ = 0;
  std::vector<Run> runs_;
};

// Goes along the runs while a text is evaluated.
class UnknownCursor {
 public:
  // known: the ids of the text. Its first character is given, so it costs nothing: the first known
  // one, or where there is none the first unknown one.
  UnknownCursor(const UnknownCharacters& unknown, size_t known)
      : runs_(unknown.runs()), given_(known == 0 ? 1 : 0) {}

  // How many stand before the ids up to and with this one, less those that were taken before.
  int64_t take(size_t id) {
    int64_t count = 0;
    for (; next_ < runs_.size() && runs_[next_].before <= id; ++next_) {
      count += runs_[next_].length - given_;
      given_ = 0;
    }
    return count;
  }

 private:
  std::span<const UnknownCharacters::Run> runs_;
  size_t next_ = 0;
  int64_t given_;
};

// Puts the costs of unknown characters between the losses of known ones, in the order of the text.
class LossMerger {
 public:
  using Sink = std::function<void(std::span<const float>)>;

  // The arguments outlive the merger. known: as for UnknownCursor.
  LossMerger(const UnknownCharacters& unknown, size_t known, const Sink& sink)
      : unknown_(unknown), cursor_(unknown, known), known_(known), sink_(sink) {}

  // The losses of the next known characters, from the second on.
  void add(std::span<const float> losses);
  void finish();

 private:
  void put(float loss, int64_t times);

  const UnknownCharacters& unknown_;
  UnknownCursor cursor_;
  size_t known_;
  const Sink& sink_;
  size_t next_ = 1;  // the id whose loss comes next
  std::vector<float> merged_;
};

}  // namespace charrnn
