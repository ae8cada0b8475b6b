// Cuts a text into batches for optimizer steps, in one of two ways:
//
// Streams (the default): the text is cut into `streams` equal pieces laid side by side; each batch
// continues every stream by `steps` characters, so the final state of one batch is the initial
// state of the next. Windows (the notebook): every position starts a window of `steps` characters
// whose target is the one character that follows it; each epoch visits them in a new random order;
// the last partial batch is dropped. Windows are views of the text: only the order is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.h"
#include "text/characters/id_array.h"
#include "text/corpus/documents.h"

namespace charrnn {

// The ids of one batch, owned; see engine/trainable_network.h for the shapes.
struct BatchIds {
  std::vector<int32_t> inputs;   // [steps][streams]
  std::vector<int32_t> targets;  // streams: [steps][streams]; windows: [streams]
  std::vector<uint8_t> resets;   // [steps][streams]; empty where the text is one document
};

class Batches {
 public:
  virtual ~Batches() = default;
  virtual int64_t batches_per_epoch() const = 0;
  virtual int steps() const = 0;
  virtual int streams() const = 0;
  virtual bool last_step_only() const = 0;
  // Called at the start of each epoch, counted from 0. Windows draw their order from the generator,
  // streams with an offset that offset from the third epoch on.
  virtual void start_epoch(int64_t epoch, MersenneTwister& generator) = 0;
  virtual void fill(int64_t batch, BatchIds& ids) const = 0;
};

// The text must fill at least one batch (see fit_batch), and its ids must outlive the result.
// Streams use floor((size - 1) / streams / steps) * steps characters of each piece: the first ones,
// or with_offset in each epoch others. The first epoch begins where the text does, the second ends
// where it does, later ones lie between, so that no character is left out for good.
std::unique_ptr<Batches> make_stream_batches(IdView text, int streams, int steps,
                                             const DocumentBorders& borders = {},
                                             bool with_offset = false);
std::unique_ptr<Batches> make_window_batches(IdView text, int streams, int steps,
                                             const DocumentBorders& borders = {});

// The batch size that fits a short text.
struct BatchFit {
  int streams = 0;
  int steps = 0;
  bool shrunk_streams = false;  // smaller than requested
  bool shrunk_steps = false;
  bool shrunk() const { return shrunk_streams || shrunk_steps; }
};

// The largest batch, up to the requested one, that the text fills at least once: streams are
// reduced first, then steps. A text of fewer than 2 characters gives 0 streams. last_step_only:
// windows, which need steps + streams characters; streams need streams * steps + 1.
BatchFit fit_batch(size_t text_size, int streams, int steps, bool last_step_only);

// The order in which PyTorch's DataLoader(shuffle=True) visits `count` items: one u64 unused, one
// u64 whose low 63 bits seed a second generator, then a forward Fisher-Yates shuffle
// (docs/notebook.md).
std::vector<int64_t> draw_order(int64_t count, MersenneTwister& generator);

}  // namespace charrnn
