#include "train/tensorboard/tensorboard_store.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/files/create_folders.h"

namespace charrnn {
namespace {

std::string made(const std::string& folder) {
  create_folders(folder);
  return folder;
}

// TensorBoard reads the files of a folder in the order of their names, which begin with the time.
std::string new_name() {
  static int number = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format("events.out.tfevents.{:010}.charrnn.{}.{}",
                     std::chrono::duration_cast<std::chrono::seconds>(now).count(), ::getpid(),
                     number++);
}

}  // namespace

TensorBoardStore::TensorBoardStore(TrainingStore& store, const Where& where)
    : store_(store),
      folder_(made(where.folder)),
      events_(folder_.path(new_name()), where.step() + 1, folder_),
      step_(where.step),
      with_weights_(where.with_weights) {}

void TensorBoardStore::save(const CheckpointSource& source) {
  events_.sync();
  store_.save(source);
}

void TensorBoardStore::save_model(const Model& model) {
  store_.save_model(model);
  if (!with_weights_) return;
  std::vector<std::pair<std::string, std::span<const float>>> tensors;
  for (size_t i = 0; i < model.weights.layout().size(); ++i) {
    tensors.emplace_back(model.weights.layout()[i].name, model.weights.tensor(static_cast<int>(i)));
  }
  if (problem_.empty()) problem_ = events_.add_histograms(step_(), tensors);
}

std::string TensorBoardStore::append(const Report& report) {
  const std::string problem = store_.append(report);
  std::string failure =
      events_.add_scalars(report.step, {{"train_loss", report.train_loss},
                                        {"validation_loss", report.validation_loss},
                                        {"learning_rate", report.learning_rate},
                                        {"grad_norm", report.gradient_norm},
                                        {"characters_per_second", report.characters_per_second},
                                        {"epoch", report.epoch}});
  if (failure.empty()) failure = std::exchange(problem_, {});
  if (problem.empty() || failure.empty()) return problem + failure;
  return problem + "; " + failure;
}

std::string TensorBoardStore::append_sample(int64_t step, std::string_view text) {
  return events_.add_text(step, "sample/text_summary", text);
}

}  // namespace charrnn
