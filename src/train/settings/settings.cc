#include "train/settings/settings.h"

#include <fmt/core.h>

#include <bit>

#include "base/error.h"
#include "text/corpus/corpus_options.h"

namespace charrnn {
namespace {

constexpr int kMaxParts = 256;  // each has a gradient of its own in memory

int read_parts(std::string_view text) {
  const auto parts = static_cast<unsigned>(parse_integer(text, "--parts", {0, kMaxParts}));
  if (parts == 0 || std::has_single_bit(parts)) return static_cast<int>(parts);
  throw Error(ErrorKind::kUsage, "bad_value", fmt::format("--parts {}: not a power of two", parts),
              fmt::format("give {} or {}", std::bit_floor(parts), std::bit_ceil(parts)));
}

void declare_text(TrainingSettings& s, OptionTable& options) {
  options.group("Text");
  options.add("text", s.text, "text files or folders, as TEXT", "FILE")
      .called("data-dir", "char-rnn");
  declare_corpus_options(options, s.reading);
  options
      .add("min-count", s.min_count, "characters that occur fewer than N times become U+FFFD",
           {1, int64_t{1} << 40})
      .with_needs({needs_value(s.reading.encoding, Encoding::kUtf8, "utf-8")})
      .on_resuming(OnResume::kFixed);
  options
      .add_choice("documents", s.documents,
                  "what a document is: the whole text, a line or a file; its state begins at zero",
                  {{"none", DocumentKind::kNone},
                   {"lines", DocumentKind::kLines},
                   {"files", DocumentKind::kFiles}})
      .on_resuming(OnResume::kFixed);
  options
      .add("val-fraction", s.validation_fraction,
           "share of the text, at its end, held out for validation",
           {.min = 0, .max = 1, .open_max = true})
      .called("val-frac", "char-rnn")
      .on_resuming(OnResume::kFixed);
  options
      .add("val-characters", s.validation_characters,
           "validate on its first N characters only; 0: on all of it", {0, int64_t{1} << 60})
      .with_needs({needs_above(s.validation_fraction, 0)})
      .on_resuming(OnResume::kFixed);
  options
      .add("train-fraction", s.training_fraction,
           "share of the text, at its beginning, to train on; 0: all but the validation part",
           {.min = 0, .max = 1})
      .called("train-frac", "char-rnn")
      .on_resuming(OnResume::kFixed);
}

void declare_network(TrainingSettings& s, OptionTable& options) {
  options.group("Network");
  std::vector<std::pair<std::string, CellKind>> cells;
  for (const CellTraits& cell : kCells) cells.emplace_back(cell.name, cell.kind);
  options.add_choice("cell", s.cell, "recurrent cell", cells)
      .called("model-type", "torch-rnn")
      .called("model", "char-rnn")
      .on_resuming(OnResume::kFixed);
  options.add("layers", s.layers, "stacked layers", {1, kMaxLayers})
      .called("num-layers", "char-rnn")
      .on_resuming(OnResume::kFixed);
  options.add("hidden-size", s.hidden_size, "units in each layer", {1, 1000000})
      .called("rnn-size", "char-rnn")
      .on_resuming(OnResume::kFixed);
  options.add("embedding-size", s.embedding_size, "size of the characters' embedding", {1, 1000000})
      .called("wordvec-size", "torch-rnn")
      .with_needs({needs_value(s.one_hot, false, "false")})
      .on_resuming(OnResume::kFixed);
  options.add("one-hot", s.one_hot, "one-hot input: no embedding is learned")
      .on_resuming(OnResume::kFixed);
  options
      .add_choice(
          "init", s.initial_values,
          "initial weights: PyTorch's, char-rnn's, or PyTorch's with orthogonal recurrent matrices",
          {{"pytorch", InitialValues::kPyTorch},
           {"char-rnn", InitialValues::kCharRnn},
           {"orthogonal", InitialValues::kOrthogonal}})
      .on_resuming(OnResume::kNoEffect);
  options
      .add("forget-bias,keep-bias", s.forget_bias,
           "added to the initial bias of the gate that keeps the state (LSTM: forget, GRU: update)",
           {.min = -100, .max = 100})
      .with_needs({{&s.cell, [&s] { return s.cell != CellKind::kRnn; }, "lstm or gru"}})
      .with_needs({needs_value(s.init_from, "", "")})
      .on_resuming(OnResume::kNoEffect);
  options.add("init-from", s.init_from, "start from the weights of another model", "MODEL")
      .on_resuming(OnResume::kNoEffect);
}

void declare_training(TrainingSettings& s, OptionTable& options) {
  options.group("Training");
  const RealRange part{.min = 0, .max = 1, .open_max = true};
  options
      .add_choice(
          "objective", s.objective,
          "all: predict every character of contiguous streams; last: the one after each window",
          {{"all", Objective::kAll}, {"last", Objective::kLast}})
      .on_resuming(OnResume::kFixed);
  options
      .add("seq-length", s.sequence_length, "characters that are backpropagated through",
           {1, 1 << 24})
      .on_resuming(OnResume::kFixed);
  options.add("batch-size", s.batch_size, "streams or windows in a batch", {1, 1 << 20})
      .on_resuming(OnResume::kFixed);
  options
      .add_value<int>("parts", s.parts,
                      "parts of a batch whose gradients are summed apart and then in a tree, a "
                      "power of two; 0: "
                      "1 below 16 streams, else 2",
                      "N", read_parts, [](const int& parts) { return std::to_string(parts); })
      .on_resuming(OnResume::kFixed);
  options
      .add_choice("stream-offset", s.stream_offset,
                  "where streams begin: elsewhere in each epoch, so that none of the text is left "
                  "out, or always at the same place",
                  {{"epoch", true}, {"none", false}})
      .with_needs({needs_value(s.objective, Objective::kAll, "all")})
      .on_resuming(OnResume::kFixed);
  options.add("epochs", s.epochs, "passes over the text", {0, 1000000000})
      .called("max-epochs", "char-rnn");
  options.add("steps,max-steps", s.steps, "optimizer steps; 0: as many as the epochs have",
              {0, int64_t{1} << 60});
  options
      .add_duration("time", s.time_budget,
                    "train for this long, such as 5m; sizes and schedule are chosen to fit")
      .outside_config();
  options.add("patience", s.patience,
              "stop after N validations without improvement (measurements of the training loss if "
              "nothing is held out); 0: never",
              {0, 1000000000});
  options.add("dropout", s.dropout, "dropout between layers", part)
      .with_needs({needs_above(s.layers, 1)});
  options.add("output-dropout", s.output_dropout, "dropout before the output layer", part);
  options
      .add("recurrent-dropout", s.recurrent_dropout,
           "dropout of recurrent weights, drawn for each step", part)
      .called("weight-dropout", "AWD-LSTM");
  options
      .add("embedding-dropout", s.embedding_dropout, "dropout of embeddings, drawn for each step",
           part)
      .with_needs({needs_value(s.one_hot, false, "false")});
  options.add("label-smoothing", s.label_smoothing,
              "weight of the uniform distribution in the target", part);
  options.add("lock-dropout", s.lock_dropout, "use one dropout mask for a whole sequence")
      .with_needs({needs_above(s.dropout, 0), needs_above(s.output_dropout, 0)});
  options.add_choice(
      "on-nan", s.on_nan,
      "if the loss is NaN; rollback: if it explodes too, return to the last good weights",
      {{"stop", OnNan::kStop}, {"skip", OnNan::kSkip}, {"rollback", OnNan::kRollback}});
  options.add("abort-on-explode", s.abort_on_explode,
              "end the run with exit code 6 if the loss explodes");
  options.add_choice("precision", s.precision, "precision of matrix products",
                     {{"f32", Precision::kFloat32}, {"bf16", Precision::kBfloat16}});
}

void declare_optimizer(TrainingSettings& s, OptionTable& options) {
  options.group("Optimizer");
  options
      .add_choice("optimizer", s.optimizer, "the optimizer",
                  {{"adam", Optimizer::kAdam}, {"rmsprop", Optimizer::kRmsprop}})
      .on_resuming(OnResume::kFixed);
  const auto by_steps = needs_value(s.schedule, ScheduleKind::kStep, "step");
  options.add("learning-rate,lr", s.learning_rate, "the highest learning rate",
              {.min = 0, .max = 1e6, .open_min = true});
  options.add_choice("lr-schedule", s.schedule, "how the learning rate changes",
                     {{"constant", ScheduleKind::kConstant},
                      {"cosine", ScheduleKind::kCosine},
                      {"step", ScheduleKind::kStep}});
  options
      .add("min-learning-rate,min-lr", s.min_learning_rate, "cosine: the learning rate at the end",
           {.min = 0, .max = 1e6})
      .with_needs({needs_value(s.schedule, ScheduleKind::kCosine, "cosine")});
  options.add("warmup-steps", s.warmup_steps,
              "warm-up: steps over which the learning rate rises from 0", {0, int64_t{1} << 60});
  options
      .add("schedule-changes", s.schedule_changes,
           "to repeat a run: its changes of length, STEP:STEPS,…")
      .on_resuming(OnResume::kNoEffect)
      .with_needs({needs_value(s.schedule, ScheduleKind::kCosine, "cosine")});
  options
      .add("earlier-settings", s.earlier_settings,
           "to repeat a run that was resumed with another setting: its value before a step",
           "STEP:NAME=VALUE")
      .on_resuming(OnResume::kNoEffect);
  options
      .add("lr-decay", s.decay, "step: the learning rate is multiplied by this …",
           {.min = 0, .max = 1, .open_min = true})
      .called("learning-rate-decay", "char-rnn")
      .called("lr-decay-factor", "torch-rnn")
      .with_needs({by_steps});
  options.add("lr-decay-after", s.decay_after, "step: … first after N epochs", {0, 1000000000})
      .called("learning-rate-decay-after", "char-rnn")
      .with_needs({by_steps});
  options.add("lr-decay-every", s.decay_every, "step: … and then every N epochs", {1, 1000000000})
      .with_needs({by_steps});
  options
      .add("beta1", s.beta1, "Adam: decay of the mean gradient",
           {.min = 0, .max = 1, .open_max = true})
      .with_needs({needs_value(s.optimizer, Optimizer::kAdam, "adam")});
  options
      .add("beta2", s.beta2, "Adam, RMSProp: decay of the mean squared gradient",
           {.min = 0, .max = 1, .open_max = true})
      .called("decay-rate", "char-rnn");
  options.add("epsilon", s.epsilon, "Adam, RMSProp: added to the denominator",
              {.min = 0, .max = 1, .open_min = true});
  options.add("weight-decay", s.weight_decay, "decoupled weight decay of matrices (AdamW)",
              {.min = 0, .max = 1e6});
  options
      .add_choice("clip", s.clip, "what --grad-clip limits: the gradient's norm or each element",
                  {{"norm", Clip::kNorm}, {"element", Clip::kElement}, {"none", Clip::kNone}})
      .with_needs({needs_above(s.grad_clip, 0)});
  options.add("grad-clip", s.grad_clip, "limit of the gradient; 0: none", {.min = 0, .max = 1e30})
      .with_needs({{&s.clip, [&s] { return s.clip != Clip::kNone; }, "norm or element"}});
  options.add("average-decay", s.average_decay,
              "keep a running average of the weights, such as 0.999; 0: none",
              {.min = 0, .max = 1, .open_max = true});
}

void declare_reports(TrainingSettings& s, OptionTable& options) {
  options.group("While it runs");
  const IntegerRange count{0, int64_t{1} << 60};
  options
      .add("eval-every", s.evaluate_every, "validate every N steps; 0: about once an epoch", count)
      .called("eval-val-every", "char-rnn");
  options
      .add("report-every", s.report_every,
           "write a line of metrics.jsonl every N steps; 0: 200 lines a run", count)
      .called("print-every", "char-rnn");
  options.add("checkpoint-every", s.checkpoint_every, "also save every N steps; 0: by time alone",
              count);
  options.add_duration("checkpoint-interval", s.checkpoint_interval, "time between saves");
  options.add("sample-every", s.sample_every, "write a sample every N steps; 0: never", count);
  options.add("sample-prompt", s.sample_prompt, "prompt of the samples")
      .called("start-text", "torch-rnn")
      .called("primetext", "char-rnn")
      .with_needs({needs_above(s.sample_every, 0)});
  options.add("sample-length", s.sample_length, "length of the samples in characters", {1, 1 << 20})
      .with_needs({needs_above(s.sample_every, 0)});
}

}  // namespace

void TrainingSettings::declare(OptionTable& options) {
  declare_text(*this, options);
  declare_network(*this, options);
  declare_training(*this, options);
  declare_optimizer(*this, options);
  declare_reports(*this, options);
}

bool fractions_fit(const TrainingSettings& settings) {
  return settings.training_fraction == 0 ||
         settings.training_fraction + settings.validation_fraction <= 1;
}

Update update_of(const TrainingSettings& settings) {
  Update update;
  update.optimizer = settings.optimizer;
  update.learning_rate = static_cast<float>(settings.learning_rate);
  update.beta1 = static_cast<float>(settings.beta1);
  update.beta2 = static_cast<float>(settings.beta2);
  update.epsilon = static_cast<float>(settings.epsilon);
  update.weight_decay = static_cast<float>(settings.weight_decay);
  update.clip = settings.grad_clip > 0 ? settings.clip : Clip::kNone;
  update.clip_limit = static_cast<float>(settings.grad_clip);
  update.ema_decay = static_cast<float>(settings.average_decay);
  return update;
}

Dropout dropout_of(const TrainingSettings& settings) {
  Dropout dropout;
  dropout.between_layers = static_cast<float>(settings.dropout);
  dropout.before_output = static_cast<float>(settings.output_dropout);
  dropout.locked = settings.lock_dropout;
  dropout.recurrent_weights = static_cast<float>(settings.recurrent_dropout);
  dropout.embedding = static_cast<float>(settings.embedding_dropout);
  return dropout;
}

}  // namespace charrnn
