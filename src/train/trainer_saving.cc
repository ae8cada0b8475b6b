// What a trainer keeps: the model to share, the checkpoint to go on from.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/trainer.h"

namespace charrnn {
namespace {

// Finite numbers as text; others as nothing.
void add_fact(Model& model, const char* name, double value) {
  if (std::isfinite(value)) model.facts[name] = fmt::format("{:.6f}", value);
}

}  // namespace

Model Trainer::model() {
  Model model;
  if (best_.empty()) {
    with_model_weights([&] { parts_.engine.store_part(SnapshotPart::kWeights, model.weights); });
  } else {
    model.weights = best_;
  }
  const bool is_best = !best_.empty();
  const int64_t step = is_best ? progress_.best_step : progress_.step;
  model.vocabulary = parts_.vocabulary;
  model.facts["steps"] = std::to_string(step);
  add_fact(model, "epochs",
           static_cast<double>(step) / static_cast<double>(parts_.batches.batches_per_epoch()));
  model.facts["seed"] = std::to_string(parts_.seed);
  if (parts_.settings.min_count > 1) {
    model.facts["min_count"] = std::to_string(parts_.settings.min_count);
  }
  if (parts_.settings.reading.newline_lf) model.facts["newline"] = "lf";
  if (parts_.settings.documents != DocumentKind::kNone) {
    model.facts["documents"] =
        parts_.settings.documents == DocumentKind::kLines ? "lines" : "files";
  }
  add_fact(model, "train_loss", is_best ? progress_.best_train_loss : progress_.train_loss);
  if (is_best) add_fact(model, "validation_loss", progress_.best_validation_loss);
  return model;
}

Checkpoint Trainer::checkpoint() { return checkpoint_source().collect(); }

CheckpointSource Trainer::checkpoint_source() {
  CheckpointFacts facts;
  progress_.seconds = seconds();
  facts.progress = progress_;
  facts.recent = spikes_.recent();
  const ModelConfig& config = parts_.engine.config();
  facts.carried.resize(static_cast<size_t>(config.layers) * config.states() *
                       parts_.batches.streams() * config.hidden_size);
  state_->read(facts.carried);
  facts.generator = epoch_generator_;
  facts.vocabulary = parts_.vocabulary;
  facts.corpus_hash = parts_.corpus_hash;
  facts.settings = parts_.setting_values;
  const auto group = [this, from_engine = Parameters()](
                         const CheckpointGroup& wanted) mutable -> const Parameters& {
    if (wanted.of == CheckpointGroup::Of::kBest) return best_;
    if (wanted.of == CheckpointGroup::Of::kGood) return good_[wanted.part];
    parts_.engine.store_part(wanted.part, from_engine);
    return from_engine;
  };
  return {std::move(facts), group};
}

// A save that fails in between costs nothing but safety: training goes on and tries again.
template <class Save>
void Trainer::try_to(Save&& save_something) {
  try {
    save_something();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIo) throw;
    saved_seconds_ = seconds();
    observer_.warned(fmt::format("not saved, will try again: {}", error.what()));
  }
}

void Trainer::write_model() {
  parts_.store->save_model(model());
  model_is_saved_ = true;
}

void Trainer::save() {
  const double start = seconds();
  parts_.store->save(checkpoint_source());
  if (best_.empty() || !model_is_saved_) write_model();
  saved_seconds_ = seconds();
  save_took_ = saved_seconds_ - start;
  if (pace_) pace_->saved(save_took_);
  observer_.saved(progress_);
}

void Trainer::save_best() {
  if (parts_.store != nullptr) try_to([this] { write_model(); });
}

void Trainer::save_if_due() {
  if (parts_.store == nullptr) return;
  const int64_t every = parts_.settings.checkpoint_every;
  // Saving takes at most a twentieth of the time, however large the model is.
  const double interval = std::max(parts_.settings.checkpoint_interval, 20 * save_took_);
  const bool by_steps = every > 0 && progress_.step % every == 0;
  if (by_steps || seconds() - saved_seconds_ >= interval) try_to([this] { save(); });
}

}  // namespace charrnn
