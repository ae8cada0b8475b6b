#include "app/notebook_run.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "app/command/command.h"
#include "base/error.h"
#include "train/run_folder.h"
#include "train/settings/config_file.h"
#include "train/settings/settings.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

// The settings of `charrnn train` that do what the notebook did.
std::string settings_text(const NotebookSettings& settings, const std::string& text_path) {
  TrainingSettings training = settings.training;
  CommonOptions common;
  OptionTable options;
  training.declare(options);
  common.declare(options);
  options.assign(training.text, std::vector{fs::absolute(text_path).lexically_normal().string()},
                 OptionSource::kCommandLine);
  options.assign(common.seed, Seed{.value = settings.seed, .is_chosen = true},
                 OptionSource::kCommandLine);
  return config_text(options,
                     "# A run of charrnn notebook (" CHARRNN_VERSION
                     "). The same network again: charrnn train --config THIS_FILE --out RUN\n");
}

// One report for each epoch: the means of its steps.
Report epoch_report(const Notebook& notebook, size_t epoch) {
  const NotebookResult& result = notebook.result();
  const auto batches = static_cast<size_t>(result.batches);
  const auto begin =
      result.step_gradient_norms.begin() + static_cast<std::ptrdiff_t>(epoch * batches);
  const double norms = std::accumulate(begin, begin + result.batches, 0.0);
  Report report;
  report.step = static_cast<int64_t>((epoch + 1) * batches);
  report.epoch = static_cast<double>(epoch + 1);
  report.train_loss = result.epochs[epoch].average_loss;
  report.validation_loss = std::nan("");  // nothing is held out
  report.learning_rate = notebook.settings().training.learning_rate;
  report.gradient_norm = norms / static_cast<double>(batches);
  const double characters = static_cast<double>(batches) * notebook.settings().training.batch_size *
                            notebook.settings().training.sequence_length;
  for (size_t i = 0; i <= epoch; ++i) report.seconds += result.epochs[i].seconds;
  report.characters_per_second = characters / std::max(result.epochs[epoch].seconds, 1e-9);
  return report;
}

void must_be_written(const std::string& problem) {
  if (!problem.empty()) {
    throw Error(ErrorKind::kIo, "metrics_unwritable", problem, "is there room on the disk?");
  }
}

}  // namespace

bool is_model_file_name(const std::string& out) { return out.ends_with(".safetensors"); }

void check_new_notebook_run(const std::string& path) {
  if (RunFolder::exists(path)) {
    throw Error(ErrorKind::kUsage, "run_exists", fmt::format("there is a run already ({})", path),
                "give --out another folder, or remove this one");
  }
  RunFolder::check_new(path, false);
}

void check_new_model_file(const std::string& path) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  if (!fs::exists(status) || is_made_by_charrnn(path)) return;
  throw Error(ErrorKind::kUsage, "file_in_the_way",
              fmt::format("--out: there is a file in the way ({})", path),
              "give --out another name: only models of charrnn are replaced");
}

void write_notebook_run(const std::string& path, const Notebook& notebook) {
  check_new_notebook_run(path);
  const std::unique_ptr<RunFolder> run = RunFolder::create(path, false);
  run->write_config(settings_text(notebook.settings(), run->text_path()));
  run->write_text(notebook.text());
  run->begin_metrics(0);
  for (size_t epoch = 0; epoch < notebook.result().epochs.size(); ++epoch) {
    must_be_written(run->append(epoch_report(notebook, epoch)));
  }
  const auto last_step = static_cast<int64_t>(notebook.result().step_losses.size());
  for (const NotebookResult::Generated& generated : notebook.result().generated) {
    must_be_written(run->append_sample(last_step, generated.text));
  }
  run->save_model(notebook.model());
}

}  // namespace charrnn
