// The notebook "Simple RNN for Character-Level Text Generation", end to end: its settings, its
// draws, its printed output to the last character. docs/notebook.md explains how the same numbers
// come about without PyTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/factory/make_trainable_network.h"
#include "model/file/model_file.h"
#include "notebook/multinomial.h"
#include "text/corpus/corpus.h"
#include "train/plan/presets.h"
#include "train/settings/settings.h"

namespace charrnn {

// A start phrase, lower-cased before use, and the temperature of its continuation.
struct NotebookStart {
  std::string phrase;
  double temperature = 0.8;
};

struct NotebookSettings {
  // Of these the network's sizes, the batch's, the epochs, learning rate and clip are the user's.
  TrainingSettings training = preset_settings(Preset::kNotebook);
  int generation_length = 200;
  uint64_t seed = 42;
  std::vector<NotebookStart> starts = {{"natural language", 0.8}, {"the computer", 0.6}};
  std::string text;      // the file that it comes from; empty: the notebook's own text
  bool explain = false;  // say what each section does and what its numbers mean
};

struct NotebookResult {
  int64_t corpus_length = 0;
  int vocabulary_size = 0;
  int64_t sequences = 0;
  int64_t batches = 0;
  int64_t parameters = 0;
  std::string device;
  struct Epoch {
    double average_loss = 0;
    double seconds = 0;
  };
  std::vector<Epoch> epochs;
  double seconds = 0;  // training alone
  struct Generated {
    std::string start;
    double temperature = 0;
    std::string text;  // the start phrase and what follows it
  };
  std::vector<Generated> generated;
  // For tests: every step's loss and gradient norm before clipping.
  std::vector<double> step_losses;
  std::vector<double> step_gradient_norms;
};

// The notebook's own text, 798 characters, lower-cased.
std::string_view notebook_text();

struct GeneratedCopies;  // notebook/explanations.h

// The cells, in order: construct (data, model), train(), generate(). Every line goes to `print` as
// it is produced.
class Notebook {
 public:
  using Print = std::function<void(std::string_view)>;
  // Asked between steps: true ends the work (Ctrl-C).
  using Stop = std::function<bool()>;

  // corpus: lower-cased. Throws Error (kData) where the text is too short for one batch of windows.
  Notebook(const NotebookSettings& settings, Corpus corpus, const EngineOptions& engine_options,
           Print print, Stop stop = {});

  void train();
  void generate();

  Model model() const;
  const Parameters& initial_parameters() const { return initial_; }
  // All of the text that it learned from, lower-cased.
  std::string text() const;
  const NotebookSettings& settings() const { return settings_; }
  const NotebookResult& result() const { return result_; }

 private:
  void explain(const std::function<std::string()>& text) const;
  GeneratedCopies generated_copies() const;
  void print_data() const;
  void print_model() const;
  double train_epoch(class Batches& batches);
  std::string generate_text(const NotebookStart& start);
  int32_t next_character(int32_t current, class State& state, double temperature);

  NotebookSettings settings_;
  Corpus corpus_;
  Print print_;
  Stop stop_;
  MersenneTwister generator_;  // of initial values, epoch orders and texts, in turn
  Parameters initial_;
  std::unique_ptr<TrainableNetwork> engine_;
  int64_t step_ = 0;
  NotebookResult result_;
};

}  // namespace charrnn
