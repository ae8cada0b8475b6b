#include "notebook/notebook.h"

#include <fmt/core.h>

#include <chrono>
#include <cmath>

#include "base/error.h"
#include "evaluate/copies.h"
#include "model/initial_values.h"
#include "notebook/explanations.h"
#include "text/batches.h"
#include "text/characters/lower_case.h"
#include "text/characters/utf8.h"
#include "train/plan/plan.h"

namespace charrnn {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// 223967 → "223,967".
std::string with_commas(int64_t value) {
  std::string digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, ",");
  return digits;
}

// The notebook's own words for its network; the others go by PyTorch's names.
std::string_view cell_title(CellKind cell) {
  return cell == CellKind::kRnn ? "simple RNN" : cell_traits(cell).torch_name;
}

std::string cell_heading(CellKind cell) {
  return cell == CellKind::kRnn ? "Simple RNN" : std::string(cell_traits(cell).torch_name);
}

// As Python prints a float: 0.8, 1.0, 1e-05.
std::string python_float(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

// The promised output is reproduced by the CPU engine on every machine, so a GPU is used on request
// only.
EngineOptions on_cpu_unless_asked(EngineOptions options) {
  if (options.device == Device::kAuto) options.device = Device::kCpu;
  return options;
}

void check_enough_text(const NotebookSettings& settings, size_t size) {
  const auto needed =
      static_cast<size_t>(settings.training.sequence_length) + settings.training.batch_size;
  if (size >= needed) return;
  throw Error(
      ErrorKind::kData, "corpus_too_short",
      fmt::format("the text is too short: one batch of {} windows of {} characters needs "
                  "{} characters (it has {})",
                  settings.training.batch_size, settings.training.sequence_length, needed, size),
      "give a longer text, or a smaller --batch-size or --seq-length");
}

}  // namespace

Notebook::Notebook(const NotebookSettings& settings, Corpus corpus,
                   const EngineOptions& engine_options, Print print, Stop stop)
    : settings_(settings),
      corpus_(std::move(corpus)),
      print_(std::move(print)),
      stop_(std::move(stop)),
      generator_(settings.seed) {
  const size_t size = corpus_.ids.size();
  check_enough_text(settings_, size);
  const ModelConfig config = model_config(settings_.training, corpus_.vocabulary.size());
  engine_ = make_trainable_network(config, on_cpu_unless_asked(engine_options));
  result_.device = engine_->info().device;
  result_.corpus_length = static_cast<int64_t>(size);
  result_.vocabulary_size = corpus_.vocabulary.size();
  result_.sequences = static_cast<int64_t>(size) - settings_.training.sequence_length;
  result_.batches = result_.sequences / settings_.training.batch_size;
  result_.parameters = parameter_count(config);
  print_(fmt::format("Using device: {}\n", result_.device));
  print_(fmt::format("Using {} with {} layers, HIDDEN_DIM={}\n",
                     cell_title(settings_.training.cell), settings_.training.layers,
                     settings_.training.hidden_size));
  explain([&] { return explain_setup(settings_); });
  print_data();
  explain([&] { return explain_data(settings_, result_, corpus_.vocabulary.text(0)); });
  initial_ = Parameters(config);
  fill_like_pytorch(initial_, generator_);
  engine_->load_weights(initial_);
  print_model();
  explain([&] { return explain_model(settings_, result_); });
}

void Notebook::explain(const std::function<std::string()>& text) const {
  if (settings_.explain) print_(text());
}

void Notebook::print_data() const {
  const Vocabulary& vocabulary = corpus_.vocabulary;
  print_(fmt::format("Corpus length: {} characters\n", result_.corpus_length));
  print_(fmt::format("Vocabulary size: {} unique characters\n", result_.vocabulary_size));
  std::string all;
  for (int32_t id = 0; id < vocabulary.size(); ++id) all += vocabulary.text(id);
  print_(fmt::format("Vocabulary: {}\n", all));
  print_(fmt::format("\nNumber of sequences created: {}\n", result_.sequences));
  const size_t sample = std::min<size_t>(50, static_cast<size_t>(result_.sequences) - 1);
  std::vector<int32_t> window(settings_.training.sequence_length);
  corpus_.ids.copy(sample, window);
  print_(fmt::format("Sample Input : '{}'\n", vocabulary.text(window)));
  print_(fmt::format("Sample Target: '{}'\n",
                     vocabulary.text(corpus_.ids[sample + settings_.training.sequence_length])));
  print_(fmt::format("\nCreated DataLoader with {} batches.\n", result_.batches));
}

// PyTorch prints a module's arguments where they are not the default.
void Notebook::print_model() const {
  const ModelConfig& config = initial_.config();
  const std::string layers =
      config.layers == 1 ? "" : fmt::format("num_layers={}, ", config.layers);
  print_(fmt::format("Model Definition ({}):\nCharRNN(\n", cell_heading(config.cell)));
  print_(fmt::format("  (embedding): Embedding({}, {})\n", config.vocabulary_size,
                     config.embedding_size));
  print_(fmt::format("  (rnn): {}({}, {}, {}batch_first=True)\n",
                     cell_traits(config.cell).torch_name, config.embedding_size, config.hidden_size,
                     layers));
  print_(fmt::format("  (fc): Linear(in_features={}, out_features={}, bias=True)\n)\n",
                     config.hidden_size, config.vocabulary_size));
  print_(fmt::format("\nTotal trainable parameters: {}\n", with_commas(result_.parameters)));
}

void Notebook::train() {
  print_(fmt::format("--- Starting Training ({}) ---\n", cell_heading(settings_.training.cell)));
  const std::unique_ptr<Batches> batches = make_window_batches(
      view(corpus_.ids), settings_.training.batch_size, settings_.training.sequence_length);
  const Clock::time_point start = Clock::now();
  for (int epoch = 0; epoch < settings_.training.epochs; ++epoch) {
    const Clock::time_point epoch_start = Clock::now();
    const double average_loss = train_epoch(*batches);
    if (stop_ && stop_()) return;
    const double seconds = seconds_since(epoch_start);
    result_.epochs.push_back({average_loss, seconds});
    print_(fmt::format("Epoch {}/{} | Avg Loss: {:.4f} | Time: {:.2f}s\n", epoch + 1,
                       settings_.training.epochs, average_loss, seconds));
  }
  result_.seconds = seconds_since(start);
  print_(fmt::format("--- Training Finished in {:.2f} seconds ---\n", result_.seconds));
  explain([&] { return explain_training(settings_, result_); });
}

// The state is zero at the start of an epoch and carried, without gradient, from batch to batch,
// although the batches are shuffled: the notebook does so, and its losses depend on it.
double Notebook::train_epoch(Batches& batches) {
  batches.start_epoch(0, generator_);
  const std::unique_ptr<State> state = engine_->new_state(settings_.training.batch_size);
  BatchIds ids;
  double loss_sum = 0;
  for (int64_t i = 0; i < batches.batches_per_epoch() && !(stop_ && stop_()); ++i) {
    batches.fill(i, ids);
    const Batch batch = {.steps = settings_.training.sequence_length,
                         .streams = settings_.training.batch_size,
                         .inputs = ids.inputs,
                         .targets = ids.targets,
                         .objective = Objective::kLast};
    Update update = update_of(settings_.training);
    update.step = ++step_;
    const StepResult step = engine_->train_step(batch, *state, update);
    if (!step.applied) {
      throw Error(ErrorKind::kDiverged, "diverged",
                  fmt::format("the loss is no longer a number at step {}", step_),
                  "try a smaller --learning-rate or --grad-clip");
    }
    result_.step_losses.push_back(step.loss);
    result_.step_gradient_norms.push_back(step.gradient_norm);
    loss_sum += step.loss;
  }
  return loss_sum / static_cast<double>(batches.batches_per_epoch());
}

void Notebook::generate() {
  for (const NotebookStart& start : settings_.starts) {
    if (stop_ && stop_()) return;
    print_(fmt::format("\n--- Generating text starting with: '{}' --- (Temp={})\n", start.phrase,
                       python_float(start.temperature)));
    result_.generated.push_back({start.phrase, start.temperature, generate_text(start)});
    print_(fmt::format("\nGenerated Text:\n{}\n", result_.generated.back().text));
  }
  if (stop_ && stop_()) return;
  explain([&] { return explain_generation(generated_copies()); });
  explain(explain_experiments);
}

GeneratedCopies Notebook::generated_copies() const {
  GeneratedCopies copies;
  for (const NotebookResult::Generated& generated : result_.generated) {
    const size_t phrase = lower_case(generated.start).size();
    const auto drawn = corpus_.vocabulary.encode(generated.text.substr(phrase));
    const CopyReport report = find_copies(drawn.ids, view(corpus_.ids), kShortestCopy);
    copies.characters += report.characters;
    copies.copied += report.copied;
    if (report.longest <= copies.longest_length) continue;
    copies.longest_length = report.longest;
    copies.longest = corpus_.vocabulary.text(std::span(drawn.ids).subspan(
        static_cast<size_t>(report.sample_begin), static_cast<size_t>(report.longest)));
  }
  return copies;
}

std::string Notebook::generate_text(const NotebookStart& start) {
  const Vocabulary& vocabulary = corpus_.vocabulary;
  std::string phrase = lower_case(start.phrase);
  const Vocabulary::Encoded encoded = vocabulary.encode(phrase);
  const std::unique_ptr<State> state = engine_->new_state(1);
  std::vector<float> logits(vocabulary.size());
  print_("Priming...\n");
  const size_t length = encoded.ids.size() + encoded.unknown.size();
  const bool last_unknown =
      !encoded.unknown.empty() && encoded.unknown.back().position + 1 == length;
  // Unseen characters are skipped; the last one is the first input of the generation.
  const size_t primed = encoded.ids.size() - (last_unknown ? 0 : 1);
  for (size_t i = 0; i < primed; ++i) engine_->advance({&encoded.ids[i], 1}, *state, logits);
  if (last_unknown) {
    print_(fmt::format("Error: Last character '{}' not in vocabulary.\n",
                       utf8_text(encoded.unknown.back().symbol)));
    return phrase;
  }
  print_("Generating...\n");
  std::string text = phrase;
  int32_t current = encoded.ids.back();
  for (int i = 0; i < settings_.generation_length && !(stop_ && stop_()); ++i) {
    current = next_character(current, *state, start.temperature);
    text += vocabulary.text(current);
  }
  return text;
}

// The weights of the draw are exp(logits / temperature) in float32, not normalised.
int32_t Notebook::next_character(int32_t current, State& state, double temperature) {
  std::vector<float> weights(corpus_.vocabulary.size());
  engine_->advance({&current, 1}, state, weights);
  for (float& weight : weights) weight = std::exp(weight / static_cast<float>(temperature));
  return torch_multinomial(weights, generator_);
}

std::string Notebook::text() const {
  std::vector<int32_t> ids(corpus_.ids.size());
  corpus_.ids.copy(0, ids);
  return corpus_.vocabulary.text(ids);
}

Model Notebook::model() const {
  Snapshot snapshot;
  engine_->store(snapshot);
  Model model;
  model.weights = std::move(snapshot.weights);
  model.vocabulary = corpus_.vocabulary;
  model.facts["steps"] = std::to_string(step_);
  model.facts["epochs"] = std::to_string(result_.epochs.size());
  model.facts["seed"] = std::to_string(settings_.seed);
  if (!result_.epochs.empty()) {
    model.facts["train_loss"] = fmt::format("{:.6f}", result_.epochs.back().average_loss);
  }
  return model;
}

}  // namespace charrnn
