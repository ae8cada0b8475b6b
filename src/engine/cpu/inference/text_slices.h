// The loss of a long text, read as many slices side by side, with the result of reading it from the
// first character to the last.
//
// A character's state depends on all before it, but a network forgets: two states that start apart
// come together after some characters of the same text. So all slices are read at once, each from a
// guess; then each one whose guess was not the end of the slice before is read again from that end,
// until its states meet those of the last time, or differ in what makes no difference from there on
// (slice_marks.h). What does not come together in a few passes is read one character after the
// other.
//
// States that differ by less than the tolerance count as one: a few roundings. A row's bits do not
// depend on those beside it and slices do not depend on threads, so neither does the result.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cpu/inference/reading_rows.h"
#include "engine/cpu/inference/slice_marks.h"

namespace charrnn::cpu {

class TextSlices {
 public:
  TextSlices(const ModelConfig& config, const ReadingKernels& kernels,
             const ReadingWeights& weights, ThreadPool& pool);

  // state: [layers][states][hidden_size], before and after. losses: of ids[1], ids[2], …
  // (ids.size() - 1 values). resets: see Network::evaluate; may be empty.
  void read(std::span<const int32_t> ids, std::span<float> state, std::span<float> losses,
            std::span<const uint8_t> resets = {});

  // Characters read since the start, repeated ones included: what the guesses cost.
  int64_t characters_read() const { return characters_read_; }

 private:
  struct Slice {
    int64_t begin = 0;  // characters of the block
    int64_t end = 0;
    SliceMarks marks;  // after each kMark characters; the first where it started, the last its end
    bool read_before = false;
  };

  void read_block(std::span<const int32_t> ids, std::span<float> state, std::span<float> losses);
  void cut(int64_t characters, std::span<const float> state);
  std::vector<int> wrong_starts();
  void start_where_the_last_ended(std::span<const int> slices);
  void read_side_by_side(std::span<const int> slices);
  void read_task(std::span<const int> slices);
  void read_alone(Slice& slice);
  bool begins(int64_t at) const { return !resets_.empty() && resets_[at] != 0; }
  bool finish_mark(Slice& slice, int64_t position, ReadingRows& rows, int row) const;

  ModelConfig config_;
  const ReadingKernels* kernels_;
  const ReadingWeights* weights_;
  ThreadPool* pool_;
  size_t state_values_;
  float tolerance_;
  std::vector<Slice> slices_;
  std::span<const int32_t> ids_;
  std::span<float> losses_;
  std::span<const uint8_t> resets_;
  std::vector<float> zero_;  // a state
  std::atomic<int64_t> characters_read_ = 0;
};

}  // namespace charrnn::cpu
