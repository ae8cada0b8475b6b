#include "train/checkpoint/run_saver.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace charrnn {

void RunSaver::begin(bool model_is_saved) {
  saved_at_ = parts_.seconds();
  model_is_saved_ = model_is_saved;
}

bool RunSaver::try_to(const std::function<void()>& save_something) {
  try {
    save_something();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIo) throw;
    saved_at_ = parts_.seconds();
    parts_.warn(fmt::format("not saved, will try again: {}", error.what()));
    return false;
  }
}

void RunSaver::write_model() {
  parts_.store->save_model(parts_.model());
  model_is_saved_ = true;
}

void RunSaver::save(bool has_best) {
  if (parts_.store == nullptr) return;
  const double start = parts_.seconds();
  parts_.store->save(parts_.checkpoint());
  if (!has_best || !model_is_saved_) write_model();
  saved_at_ = parts_.seconds();
  save_seconds_ = saved_at_ - start;
}

void RunSaver::save_best() {
  model_is_saved_ = false;
  if (parts_.store != nullptr) try_to([this] { write_model(); });
}

bool RunSaver::is_due(int64_t step) const {
  if (parts_.store == nullptr) return false;
  if (parts_.every_steps > 0 && step % parts_.every_steps == 0) return true;
  // Saving takes at most a twentieth of the time, however large the model is.
  const double interval = std::max(parts_.interval, 20 * save_seconds_);
  return parts_.seconds() - saved_at_ >= interval;
}

bool RunSaver::save_if_due(int64_t step, bool has_best) {
  return is_due(step) && try_to([&] { save(has_best); });
}

}  // namespace charrnn
