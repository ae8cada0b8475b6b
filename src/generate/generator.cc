// Running texts fill the first streams of the state without gaps: when one leaves, the last one
// moves to its place.
#include "generate/generator.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/error.h"
#include "generate/generation_sequence.h"

namespace charrnn {

struct Generator::Impl {
  using Text = std::unique_ptr<GenerationSequence>;

  Impl(Network& the_network, const Vocabulary& the_vocabulary, int the_capacity,
       std::vector<Hold> the_holds)
      : network(the_network),
        vocabulary(the_vocabulary),
        capacity(the_capacity),
        holds(std::move(the_holds)) {
    check(capacity >= 1, "there is room for a text");
    check(network.config().vocabulary_size == vocabulary.size(), "the vocabulary is the network's");
    state = network.new_state(capacity);
  }

  // True if a text ended that needs no network.
  bool admit() {
    bool ended = false;
    while (!waiting.empty() && static_cast<int>(active.size()) < capacity) {
      Text text = std::move(waiting.front());
      waiting.pop_front();
      text->begin();
      if (text->done()) {
        ended = true;
        continue;
      }
      state->clear_stream(static_cast<int>(active.size()));
      active.push_back(std::move(text));
    }
    return ended;
  }

  void remove_done() {
    for (size_t i = 0; i < active.size();) {
      if (!active[i]->done()) {
        ++i;
        continue;
      }
      const size_t last = active.size() - 1;
      if (i != last) {
        state->copy_stream(static_cast<int>(last), static_cast<int>(i));
        active[i] = std::move(active[last]);
      }
      active.pop_back();
    }
  }

  void advance() {
    const size_t size = vocabulary.size();
    ids.clear();
    for (const Text& text : active) {
      const int32_t id = text->input();
      if (id == border) state->clear_stream(static_cast<int>(ids.size()));
      ids.push_back(id);
    }
    scores.resize(ids.size() * size);
    network.advance(ids, *state, scores, holds);
    for (size_t i = 0; i < active.size(); ++i) {  // a sink may cancel any of them
      if (!active[i]->done()) {
        active[i]->read(std::span<const float>(scores).subspan(i * size, size));
      }
    }
  }

  Network& network;
  const Vocabulary& vocabulary;
  int capacity;
  const std::vector<Hold> holds;
  int32_t border = -1;
  std::unique_ptr<State> state;
  std::vector<Text> active;  // text i is stream i
  std::deque<Text> waiting;
  std::vector<int32_t> ids;
  std::vector<float> scores;  // [active][vocabulary_size]
  int64_t next_number = 0;
};

Generator::Generator(Network& network, const Vocabulary& vocabulary, int capacity,
                     std::vector<Hold> holds)
    : impl_(std::make_unique<Impl>(network, vocabulary, capacity, std::move(holds))) {}

Generator::~Generator() = default;

void Generator::forget_before(int32_t id) { impl_->border = id; }

int64_t Generator::add(TextRequest request, Sink sink) {
  const int64_t number = impl_->next_number++;
  impl_->waiting.push_back(std::make_unique<GenerationSequence>(
      number, std::move(request), std::move(sink), impl_->vocabulary));
  return number;
}

void Generator::cancel(int64_t number) {
  std::erase_if(impl_->waiting, [&](const auto& text) { return text->number() == number; });
  for (const auto& text : impl_->active) {
    if (text->number() == number) text->cancel();
  }
}

bool Generator::step() {
  impl_->remove_done();
  const bool ended = impl_->admit();
  impl_->remove_done();  // cancelled by a sink just now
  if (impl_->active.empty()) return ended;
  impl_->advance();
  impl_->remove_done();
  return true;
}

int Generator::running() const {
  return static_cast<int>(std::count_if(impl_->active.begin(), impl_->active.end(),
                                        [](const auto& text) { return !text->done(); }));
}

int Generator::waiting() const { return static_cast<int>(impl_->waiting.size()); }

}  // namespace charrnn
