// A training, told of by callbacks.
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/declared_engine_options.h"
#include "engine/factory/make_network.h"
#include "library/guard.h"
#include "library/model_handle.h"
#include "library/option_list.h"
#include "session/training_session.h"

namespace charrnn::library {
namespace {

struct Callbacks {
  charrnn_progress_function progress;
  charrnn_message_function message;
  void* data;
};

// Hands on what a session reports.
class CallingObserver : public SessionObserver {
 public:
  explicit CallingObserver(const Callbacks& callbacks) : callbacks_(callbacks) {}

  // From here on there are steps.
  void begin(int64_t batches_per_epoch) {
    batches_per_epoch_ = batches_per_epoch;
    has_begun_ = true;
  }

  // The end: the last validation is told as well.
  void end() { tell_progress(); }

  // Asked after every step, and before the first one wherever what is under way can stop: there it
  // tells no more often than a person would notice.
  bool stop() override {
    const auto now = std::chrono::steady_clock::now();
    if (!has_begun_ && now >= next_) {
      next_ = now + std::chrono::milliseconds(20);
      tell_progress();
    }
    return stopped_;
  }
  void stepped(const TrainingProgress& progress, double loss) override {
    take(progress);
    progress_.loss = loss;
    tell_progress();
  }
  void validated(const TrainingProgress& progress, bool) override { take(progress); }
  void said(const std::string& note) override { tell(note); }
  void warned(const std::string& warning) override { tell(warning); }

 private:
  void take(const TrainingProgress& progress) {
    progress_.step = progress.step;
    progress_.total_steps = progress.total_steps;
    progress_.characters = progress.characters;
    progress_.epochs =
        static_cast<double>(progress.epoch) +
        static_cast<double>(progress.batch) / static_cast<double>(batches_per_epoch_);
    progress_.seconds = progress.seconds;
    progress_.validation_loss = progress.validation_loss;
    progress_.best_validation_loss = progress.best_validation_loss;
    progress_.learning_rate = progress.learning_rate;
  }
  void tell_progress() {
    if (callbacks_.progress == nullptr || stopped_) return;
    stopped_ = callbacks_.progress(&progress_, callbacks_.data) != 0;
  }
  void tell(const std::string& line) {
    if (callbacks_.message != nullptr) callbacks_.message(line.c_str(), callbacks_.data);
  }

  Callbacks callbacks_;
  charrnn_progress progress_ = {.step = 0,
                                .total_steps = 0,
                                .characters = 0,
                                .epochs = 0,
                                .seconds = 0,
                                .loss = kUnknown,
                                .validation_loss = kUnknown,
                                .best_validation_loss = kUnknown,
                                .learning_rate = kUnknown};
  int64_t batches_per_epoch_ = 1;
  bool has_begun_ = false;
  bool stopped_ = false;
  std::chrono::steady_clock::time_point next_;
};

// Where a training gets its text from.
struct Texts {
  std::vector<std::string> names;
  std::optional<std::string_view> in_memory;
};

std::unique_ptr<charrnn_model> train(const Texts& texts, const charrnn_option* given, size_t count,
                                     const Callbacks& callbacks) {
  TrainingOptions options;
  OptionTable table;
  Seed seed;
  EngineOptions engine;
  options.declare_run(table);
  options.settings.declare(table);
  table.group("Everywhere");  // as in the program, whose config.toml has these headings
  declare_seed(table, seed);
  declare_engine_options(table, engine);
  set_options(table, given, count);
  check_device(engine);
  if (texts.in_memory && options.out.empty()) {
    throw Error(ErrorKind::kUsage, "no_out", "a text in memory has no name for its run",
                "give the option out: the folder of the run");
  }
  const TrainingRequest request{.options = options,
                                .table = table,
                                .seed = seed,
                                .engine = engine,
                                .texts = texts.names,
                                .text_in_memory = texts.in_memory};
  CallingObserver observer(callbacks);
  TrainingSession session(request, observer);
  session.prepare();
  session.create_run();
  observer.begin(session.setup().plan.batches->batches_per_epoch());
  session.train();
  observer.end();
  return std::make_unique<charrnn_model>(read_model(session.setup().run->model_path()), engine);
}

}  // namespace
}  // namespace charrnn::library

using namespace charrnn;           // NOLINT(google-build-using-namespace): the interface is C
using namespace charrnn::library;  // NOLINT(google-build-using-namespace)

int charrnn_train(const char* const* texts, size_t text_count, const charrnn_option* options,
                  size_t option_count, charrnn_progress_function progress,
                  charrnn_message_function message, void* data, charrnn_model** model) {
  return making(model, [&] {
    if (text_count > 0) need(texts, "the texts");
    Texts named;
    for (size_t i = 0; i < text_count; ++i) {
      need(texts[i], "the name of a text");
      named.names.emplace_back(texts[i]);
    }
    return library::train(named, options, option_count, {progress, message, data}).release();
  });
}

int charrnn_train_text(const char* text, size_t size, const charrnn_option* options,
                       size_t option_count, charrnn_progress_function progress,
                       charrnn_message_function message, void* data, charrnn_model** model) {
  return making(model, [&] {
    if (size > 0) need(text, "the text");
    const Texts in_memory{.names = {}, .in_memory = std::string_view(text, size)};
    return library::train(in_memory, options, option_count, {progress, message, data}).release();
  });
}
