// Texts in the making.
#include <deque>
#include <memory>
#include <string>

#include "base/error.h"
#include "generate/generation_options.h"
#include "library/guard.h"
#include "library/model_handle.h"
#include "library/option_list.h"
#include "model/file/reading_rules.h"
#include "train/settings/seed.h"

struct charrnn_generation {
  struct Text {
    std::string waiting;
    charrnn_finish finish = CHARRNN_RUNNING;
    bool is_due = false;  // for the caller, though it may be empty
  };

  charrnn_generation(const charrnn_model& handle, const charrnn::GenerationOptions& options,
                     const std::vector<int32_t>& prompt, uint64_t seed_given);

  void go_on(size_t steps);
  bool take(charrnn_piece& piece);
  charrnn::Generator::Sink sink(size_t index);

  std::shared_ptr<const charrnn::Model> model;  // outlives network and generator
  charrnn::library::NetworkPool::Lease network;
  charrnn::Generator generator;
  uint64_t seed;
  std::vector<Text> texts;
  std::deque<size_t> due;  // texts with something for the caller, in their order
  std::string shown;       // the piece that the caller has
};

using namespace charrnn;           // NOLINT(google-build-using-namespace): the interface is C
using namespace charrnn::library;  // NOLINT(google-build-using-namespace)

charrnn_generation::charrnn_generation(const charrnn_model& handle,
                                       const GenerationOptions& options,
                                       const std::vector<int32_t>& prompt, uint64_t seed_given)
    : model(handle.model),
      network(
          NetworkPool::borrow(handle.networks, options.workload(model->config(), prompt.size()))),
      generator(*network, model->vocabulary, options.together()),
      seed(seed_given),
      texts(options.count) {
  generator.forget_before(model->border());
  options.add_texts(generator, prompt, seed, [this](int i) { return sink(i); });
}

Generator::Sink charrnn_generation::sink(size_t index) {
  return [this, index](const TextPiece& piece) {
    Text& text = texts[index];
    text.waiting += piece.text;
    if (piece.finish == FinishReason::kLength) text.finish = CHARRNN_LENGTH;
    if (piece.finish == FinishReason::kStop) text.finish = CHARRNN_STOP;
    if (!text.is_due) due.push_back(index);
    text.is_due = true;
  };
}

void charrnn_generation::go_on(size_t steps) {
  for (size_t i = 0; i < steps && generator.step(); ++i) {
  }
}

bool charrnn_generation::take(charrnn_piece& piece) {
  if (due.empty()) return false;
  const size_t index = due.front();
  due.pop_front();
  Text& text = texts[index];
  text.is_due = false;
  shown = std::exchange(text.waiting, {});
  piece = {index, shown.data(), shown.size(), text.finish};
  return true;
}

int charrnn_generate(const charrnn_model* model, const char* prompt, size_t size,
                     const charrnn_option* options, size_t option_count,
                     charrnn_generation** generation) {
  return making(generation, [&] {
    need(model, "the model");
    if (size > 0) need(prompt, "the prompt");
    GenerationOptions generating;
    Seed seed;
    OptionTable table;
    generating.declare_text(table);
    generating.declare_choice(table);
    declare_seed(table, seed);
    set_options(table, options, option_count);
    generating.check_together();
    std::string text(prompt == nullptr ? "" : prompt, size);
    if (generating.escape) text = unescape(text);
    const Prompt encoded = encode_prompt(with_line_ends_of(*model->model, text),
                                         model->model->vocabulary, generating.unknown);
    return new charrnn_generation(*model, generating, encoded.ids,
                                  (seed.is_chosen ? seed : draw_seed()).value);
  });
}

uint64_t charrnn_generation_seed(const charrnn_generation* generation) {
  return generation == nullptr ? 0 : generation->seed;
}

int charrnn_generation_next(charrnn_generation* generation, size_t steps, charrnn_piece* piece) {
  return guarded([&] {
    need(generation, "the generation");
    need(piece, "the place for the piece");
    if (steps == 0) {
      throw Error(ErrorKind::kUsage, "no_steps", "a generation goes on by 0 characters",
                  "give at least 1");
    }
    *piece = {0, nullptr, 0, CHARRNN_RUNNING};
    if (generation->take(*piece)) return;
    generation->go_on(steps);
    if (generation->take(*piece)) return;
    // Nothing came: the prompt is still being read, what may become a stop string is held back, or
    // all texts are finished.
    if (generation->generator.running() + generation->generator.waiting() > 0) piece->text = "";
  });
}

void charrnn_generation_free(charrnn_generation* generation) { delete generation; }
