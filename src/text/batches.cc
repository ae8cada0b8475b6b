#include "text/batches.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace charrnn {
namespace {

// One stream of a batch: consecutive characters of the text.
class Run {
 public:
  Run(IdView text, const DocumentBorders& borders, int steps)
      : text_(text), borders_(borders), ids_(steps + 1), marks_(steps) {}

  void read(size_t begin) {
    text_.copy(begin, ids_);
    const std::span<const int32_t> inputs(ids_.data(), marks_.size());
    if (borders_.any()) borders_.mark(text_, begin, inputs, marks_);
  }
  int32_t id(int step) const { return ids_[step]; }
  void write_resets(int stream, int streams, BatchIds& ids) const {
    if (!borders_.any()) return;
    ids.resets.resize(marks_.size() * streams);
    for (size_t step = 0; step < marks_.size(); ++step) {
      ids.resets[step * streams + stream] = marks_[step];
    }
  }

 private:
  IdView text_;
  const DocumentBorders& borders_;
  std::vector<int32_t> ids_;  // inputs and, one later, targets
  std::vector<uint8_t> marks_;
};

class StreamBatches : public Batches {
 public:
  StreamBatches(IdView text, int streams, int steps, const DocumentBorders& borders,
                bool with_offset)
      : text_(text),
        streams_(streams),
        steps_(steps),
        borders_(borders),
        piece_((text.size - 1) / streams) {
    if (!with_offset) return;
    const size_t used = piece_ / steps * steps;  // of the last stream, whose piece has the rest
    largest_offset_ = text.size - 1 - piece_ * (streams - 1) - used;
  }

  int64_t batches_per_epoch() const override { return static_cast<int64_t>(piece_) / steps_; }
  int steps() const override { return steps_; }
  int streams() const override { return streams_; }
  bool last_step_only() const override { return false; }
  void start_epoch(int64_t epoch, MersenneTwister& generator) override {
    if (largest_offset_ == 0) return;
    offset_ = epoch == 0   ? 0
              : epoch == 1 ? largest_offset_
                           : generator.u64() % (largest_offset_ + 1);
  }

  void fill(int64_t batch, BatchIds& ids) const override {
    check(batch >= 0 && batch < batches_per_epoch(), "a batch asked for exists");
    const size_t count = static_cast<size_t>(steps_) * streams_;
    ids.inputs.resize(count);
    ids.targets.resize(count);
    Run run(text_, borders_, steps_);
    for (int stream = 0; stream < streams_; ++stream) {
      run.read(stream * piece_ + offset_ + static_cast<size_t>(batch) * steps_);
      for (int step = 0; step < steps_; ++step) {
        const size_t place = static_cast<size_t>(step) * streams_ + stream;
        ids.inputs[place] = run.id(step);
        ids.targets[place] = run.id(step + 1);
      }
      run.write_resets(stream, streams_, ids);
    }
  }

 private:
  IdView text_;
  int streams_;
  int steps_;
  DocumentBorders borders_;
  size_t piece_;               // characters from the start of one stream to the next
  size_t largest_offset_ = 0;  // with which the last stream ends with the text; 0: no offsets
  size_t offset_ = 0;          // of this epoch, in every piece
};

// A permutation of 0 .. count - 1; 4 bytes an item.
std::vector<uint32_t> shuffled(uint32_t count, MersenneTwister& generator) {
  generator.u64();
  MersenneTwister shuffle(generator.u64() & std::numeric_limits<int64_t>::max());
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t i = 0; i + 1 < count; ++i) {
    std::swap(order[i], order[i + shuffle.u32() % (count - i)]);
  }
  return order;
}

class WindowBatches : public Batches {
 public:
  WindowBatches(IdView text, int streams, int steps, const DocumentBorders& borders)
      : text_(text), streams_(streams), steps_(steps), borders_(borders) {
    const size_t windows = text.size - steps;
    if (windows > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorKind::kLimit, "too_many_windows",
                  "the text is too long for sliding windows: more than 4294967295 of them",
                  "train on contiguous streams (--objective all), or on a smaller text");
    }
    windows_ = static_cast<uint32_t>(windows);
  }

  int64_t batches_per_epoch() const override { return windows_ / streams_; }
  int steps() const override { return steps_; }
  int streams() const override { return streams_; }
  bool last_step_only() const override { return true; }
  void start_epoch(int64_t, MersenneTwister& generator) override {
    order_ = shuffled(windows_, generator);
  }

  void fill(int64_t batch, BatchIds& ids) const override {
    check(batch >= 0 && batch < batches_per_epoch(), "a batch asked for exists");
    check(!order_.empty(), "an epoch of windows was started");
    ids.inputs.resize(static_cast<size_t>(steps_) * streams_);
    ids.targets.resize(streams_);
    Run window(text_, borders_, steps_);
    for (int stream = 0; stream < streams_; ++stream) {
      window.read(order_[batch * streams_ + stream]);
      for (int step = 0; step < steps_; ++step) {
        ids.inputs[static_cast<size_t>(step) * streams_ + stream] = window.id(step);
      }
      ids.targets[stream] = window.id(steps_);
      window.write_resets(stream, streams_, ids);
    }
  }

 private:
  IdView text_;
  int streams_;
  int steps_;
  DocumentBorders borders_;
  uint32_t windows_ = 0;
  std::vector<uint32_t> order_;  // the windows' first characters
};

void check_fits(IdView text, int streams, int steps, bool last_step_only) {
  check(streams >= 1 && steps >= 1, "a batch has streams and steps");
  check(!fit_batch(text.size, streams, steps, last_step_only).shrunk(),
        "a text is long enough for one batch");
}

}  // namespace

BatchFit fit_batch(size_t text_size, int streams, int steps, bool last_step_only) {
  BatchFit fit{streams, steps};
  const size_t predicted = text_size - std::min<size_t>(text_size, 1);  // characters after another
  fit.steps = static_cast<int>(std::min<size_t>(predicted, steps));
  if (fit.steps == 0) return {0, 0, true, true};
  const size_t most = last_step_only ? text_size - fit.steps : predicted / fit.steps;
  fit.streams = static_cast<int>(std::min<size_t>(most, streams));
  fit.shrunk_streams = fit.streams < streams;
  fit.shrunk_steps = fit.steps < steps;
  return fit;
}

std::unique_ptr<Batches> make_stream_batches(IdView text, int streams, int steps,
                                             const DocumentBorders& borders, bool with_offset) {
  check_fits(text, streams, steps, false);
  return std::make_unique<StreamBatches>(text, streams, steps, borders, with_offset);
}

std::unique_ptr<Batches> make_window_batches(IdView text, int streams, int steps,
                                             const DocumentBorders& borders) {
  check_fits(text, streams, steps, true);
  return std::make_unique<WindowBatches>(text, streams, steps, borders);
}

std::vector<int64_t> draw_order(int64_t count, MersenneTwister& generator) {
  check(count >= 0 && count <= std::numeric_limits<uint32_t>::max(),
        "an order is drawn for less than 2^32 items");
  const std::vector<uint32_t> order = shuffled(static_cast<uint32_t>(count), generator);
  return {order.begin(), order.end()};
}

}  // namespace charrnn
