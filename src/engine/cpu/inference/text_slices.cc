#include "engine/cpu/inference/text_slices.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace charrnn::cpu {
namespace {

constexpr int kMark = 64;                    // characters from one look at the state to the next
constexpr int kTogether = 8;                 // characters from one look at the clock to the next
constexpr int kLeastCharacters = 4 * kMark;  // of a slice: more than most networks remember
constexpr int kMostSlices = 64;
// Bounds the memory of the marks; a block begins where the last one ended.
constexpr int64_t kBlock = int64_t{1} << 17;
constexpr int kTaskRows = 16;  // slices that a thread reads side by side
constexpr int kPasses = 4;     // side by side, before the rest is read one by one

}  // namespace

TextSlices::TextSlices(const ModelConfig& config, const ReadingKernels& kernels,
                       const ReadingWeights& weights, ThreadPool& pool)
    : config_(config),
      kernels_(&kernels),
      weights_(&weights),
      pool_(&pool),
      state_values_(static_cast<size_t>(config.layers) * config.states() * config.hidden_size) {
  // Roundings of a state are about 2^-24 (bf16: 2^-9 of what it is made of) and a network keeps
  // some of them for a while.
  tolerance_ = kernels.linear.shape.group == 1 ? 1e-6f : 1e-4f;
}

void TextSlices::read(std::span<const int32_t> ids, std::span<float> state, std::span<float> losses,
                      std::span<const uint8_t> resets) {
  zero_.assign(state_values_, 0.0f);
  for (size_t begin = 0; begin + 1 < ids.size(); begin += kBlock) {
    const size_t count = std::min<size_t>(kBlock, ids.size() - 1 - begin);
    resets_ = resets.empty() ? resets : resets.subspan(begin, count);
    read_block(ids.subspan(begin, count + 1), state, losses.subspan(begin, count));
  }
}

void TextSlices::read_block(std::span<const int32_t> ids, std::span<float> state,
                            std::span<float> losses) {
  ids_ = ids;
  losses_ = losses;
  cut(static_cast<int64_t>(losses.size()), state);
  std::vector<int> wrong(slices_.size());
  for (size_t i = 0; i < wrong.size(); ++i) wrong[i] = static_cast<int>(i);
  for (int pass = 0; pass < kPasses && !wrong.empty(); ++pass) {
    if (pass > 0) start_where_the_last_ended(wrong);
    const size_t before = wrong.size();
    read_side_by_side(wrong);
    wrong = wrong_starts();
    // A text whose beginning is never forgotten gains nothing from more passes.
    if (pass > 0 && wrong.size() > before / 2) break;
  }
  for (size_t i = 1; i < slices_.size(); ++i) {
    if (slices_[i].marks.join(0, slices_[i - 1].marks.end(), tolerance_)) continue;
    const int slice = static_cast<int>(i);
    start_where_the_last_ended({&slice, 1});
    read_alone(slices_[i]);
  }
  std::ranges::copy(slices_.back().marks.end(), state.begin());
}

// Slices are whole marks, but for the last.
void TextSlices::cut(int64_t characters, std::span<const float> state) {
  const int64_t count = std::clamp<int64_t>(characters / kLeastCharacters, 1, kMostSlices);
  const int64_t marks = ((characters + count - 1) / count + kMark - 1) / kMark;
  slices_.clear();
  for (int64_t begin = 0; begin < characters; begin += marks * kMark) {
    Slice slice;
    slice.begin = begin;
    slice.end = std::min(characters, begin + marks * kMark);
    const int64_t own_marks = (slice.end - slice.begin + kMark - 1) / kMark;
    slice.marks = SliceMarks(config_, own_marks);
    slices_.push_back(std::move(slice));
  }
  std::ranges::copy(state, slices_[0].marks.state(0).begin());
}

std::vector<int> TextSlices::wrong_starts() {
  std::vector<int> wrong;
  for (size_t i = 1; i < slices_.size(); ++i) {
    const bool right = slices_[i].marks.join(0, slices_[i - 1].marks.end(), tolerance_);
    if (!right) wrong.push_back(static_cast<int>(i));
  }
  return wrong;
}

void TextSlices::start_where_the_last_ended(std::span<const int> slices) {
  for (const int slice : slices) {
    std::ranges::copy(slices_[slice - 1].marks.end(), slices_[slice].marks.state(0).begin());
  }
}

// Tasks of a few slices are dealt out as threads come for them; who reads what makes no difference.
void TextSlices::read_side_by_side(std::span<const int> slices) {
  const int count = static_cast<int>(slices.size());
  const int threads = pool_->threads();
  const int rows = std::clamp((count + threads - 1) / threads, 1, kTaskRows);
  const int tasks = (count + rows - 1) / rows;
  std::atomic<int> next = 0;
  run_shared(*pool_, tasks > 1, [&](const Share&) {
    for (int task = next++; task < tasks; task = next++) {
      const int begin = task * rows;
      read_task(slices.subspan(begin, std::min(rows, count - begin)));
    }
  });
}

// Rows that are done make place for the last one, so that those that go on lie together.
void TextSlices::read_task(std::span<const int> todo) {
  std::vector<Slice*> slices;
  for (const int slice : todo) slices.push_back(&slices_[slice]);
  ReadingRows rows(config_, *kernels_, *weights_, static_cast<int>(slices.size()));
  for (size_t row = 0; row < slices.size(); ++row) {
    rows.write_row(static_cast<int>(row), slices[row]->marks.state(0));
  }
  rows.track();
  std::vector<int32_t> ids(slices.size());
  int64_t read = 0;
  for (int64_t position = 0; !slices.empty(); ++position) {
    rows.use(static_cast<int>(slices.size()));
    for (size_t row = 0; row < slices.size(); ++row) {
      const int64_t at = slices[row]->begin + position;
      ids[row] = ids_[at];
      if (begins(at)) rows.write_row(static_cast<int>(row), zero_);
    }
    rows.read({ids.data(), slices.size()}, Share(), true);
    read += static_cast<int64_t>(slices.size());
    for (int row = static_cast<int>(slices.size()) - 1; row >= 0; --row) {
      Slice& slice = *slices[row];
      const int64_t at = slice.begin + position;
      losses_[at] = rows.loss(row, ids_[at + 1]);
      if (!finish_mark(slice, position + 1, rows, row)) continue;
      slice.read_before = true;
      rows.move_row(static_cast<int>(slices.size()) - 1, row);
      slices[row] = slices.back();
      slices.pop_back();
    }
  }
  characters_read_ += read;
}

// At a mark, keeps the row's state. Whether the slice is done: at its end, or where the state is
// what it was at this mark when the slice was read before, so that the rest is known.
bool TextSlices::finish_mark(Slice& slice, int64_t position, ReadingRows& rows, int row) const {
  const bool at_end = slice.begin + position == slice.end;
  if (position % kMark != 0 && !at_end) return false;
  const int64_t mark = (position + kMark - 1) / kMark;
  rows.read_track(row, slice.marks.carried(mark - 1), slice.marks.least(mark - 1));
  rows.restart_track(row);
  std::vector<float> state(state_values_);
  rows.read_row(row, state);
  const bool known = slice.read_before && slice.marks.join(mark, state, tolerance_);
  if (!known) std::ranges::copy(state, slice.marks.state(mark).begin());
  return at_end || known;
}

// One slice from its first character to its last.
void TextSlices::read_alone(Slice& slice) {
  Sharing sharing(*pool_, may_be_worth_sharing(*weights_, 1));
  ReadingRows rows(config_, *kernels_, *weights_, 1, pool_->threads());
  rows.write_row(0, slice.marks.state(0));
  rows.track();
  for (int64_t position = 0;;) {
    const int64_t end = std::min(position + kTogether, slice.end - slice.begin);
    const auto read = [&](const Share& share) {
      for (int64_t at = slice.begin + position; at < slice.begin + end; ++at) {
        if (begins(at)) {
          if (share.index == 0) rows.write_row(0, zero_);
          share.meet();
        }
        rows.read(ids_.subspan(at, 1), share, true);
        if (share.index == 0) losses_[at] = rows.loss(0, ids_[at + 1]);
      }
    };
    sharing.run(read, end - position);
    characters_read_ += end - position;
    position = end;
    if (finish_mark(slice, position, rows, 0)) return;
  }
}

}  // namespace charrnn::cpu
