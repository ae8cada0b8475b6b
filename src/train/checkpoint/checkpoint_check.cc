#include "train/checkpoint/checkpoint_check.h"

#include <fmt/core.h>

#include <cmath>

#include "base/error.h"
#include "train/settings/config_file.h"
#include "train/settings/earlier_settings.h"
#include "train/settings/seed.h"
#include "train/settings/settings.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxRollbacks = 62;  // 2^kMaxRollbacks is a number of 64 bits
constexpr double kMaxSeconds = 1e12;

// The settings as the program would take them, by whatever of its names each is saved.
class SavedSettings {
 public:
  SavedSettings(const SettingValues& values, const std::string& path) : path_(path) {
    settings_.declare(table_);
    declare_seed(table_, seed_);
    apply_settings(values, table_);
  }
  SavedSettings(const SavedSettings&) = delete;  // the table points into it
  SavedSettings& operator=(const SavedSettings&) = delete;

  const TrainingSettings& settings() const { return settings_; }

  template <class T>
  void must_be(const T& setting, std::type_identity_t<T> value, std::string_view of_what) const {
    const Option& option = table_.of(setting);
    if (option.source != OptionSource::kFile) {
      refuse_checkpoint(fmt::format("its settings lack {}", option.name()), path_);
    }
    if (setting == value) return;
    refuse_checkpoint(fmt::format("its setting {} = {} is not that of its {}", option.name(),
                                  option.show(), of_what),
                      path_);
  }

 private:
  const std::string& path_;
  TrainingSettings settings_;
  Seed seed_;
  OptionTable table_;
};

void check_settings(const CheckpointFacts& facts, const ModelConfig& config, int64_t streams,
                    const std::string& path) {
  const SavedSettings saved(facts.settings, path);
  const TrainingSettings& settings = saved.settings();
  saved.must_be(settings.cell, config.cell, "tensors");
  saved.must_be(settings.layers, config.layers, "tensors");
  saved.must_be(settings.hidden_size, config.hidden_size, "tensors");
  saved.must_be(settings.one_hot, config.one_hot, "network");
  if (!config.one_hot) saved.must_be(settings.embedding_size, config.embedding_size, "tensors");
  saved.must_be(settings.batch_size, static_cast<int>(streams), "carried state");
  saved.must_be(settings.reading.encoding, facts.vocabulary.encoding(), "vocabulary");
  saved.must_be(settings.reading.lowercase, facts.vocabulary.lowercase(), "vocabulary");
  if (!fractions_fit(settings)) {
    refuse_checkpoint("its settings learn from and validate on more than the whole text", path);
  }
  read_changes(settings.schedule_changes);
  read_earlier_settings(settings.earlier_settings);
}

void check_progress(const CheckpointFacts& facts, const std::string& path) {
  const TrainingProgress& progress = facts.progress;
  const DivergenceState& divergence = facts.divergence;
  const auto must = [&path](bool holds, const char* what) {
    if (!holds) refuse_checkpoint(fmt::format("its progress has an impossible {}", what), path);
  };
  const auto at_least_0 = [](double value) { return std::isfinite(value) && value >= 0; };
  must(progress.seconds >= 0 && progress.seconds <= kMaxSeconds, "seconds");
  must(std::isfinite(progress.loss_sum), "loss_sum");
  must(at_least_0(progress.gradient_norm_sum), "gradient_norm_sum");
  must(at_least_0(progress.learning_rate), "learning_rate");
  must(divergence.learning_rate_scale > 0 && divergence.learning_rate_scale <= 1,
       "learning_rate_scale");
  must(divergence.rollbacks <= kMaxRollbacks, "number of rollbacks");
}

}  // namespace

void refuse_checkpoint(const std::string& why, const std::string& path) {
  throw Error(ErrorKind::kModel, "bad_checkpoint",
              fmt::format("not a usable checkpoint: {} ({})", why, path),
              "begin a new run, or go on from a copy of the run's folder");
}

void check_facts(const CheckpointFacts& facts, const ModelConfig& config, int64_t streams,
                 const std::string& path) {
  if (facts.vocabulary.size() != config.vocabulary_size) {
    refuse_checkpoint("its vocabulary has another size than its network", path);
  }
  try {
    check_settings(facts, config, streams, path);
  } catch (const Error& error) {  // of the table, which says what it says to a person
    if (error.kind() == ErrorKind::kModel) throw;
    refuse_checkpoint(error.what(), path);
  }
  check_progress(facts, path);
}

void check_resumable(const Checkpoint& checkpoint, const ModelConfig& config,
                     const Batches& batches) {
  const auto refuse = [](const char* why) {
    throw Error(ErrorKind::kModel, "bad_checkpoint",
                fmt::format("the checkpoint cannot go on with this text: {}", why),
                "go on with the text and the settings that the run began with");
  };
  const size_t carried =
      static_cast<size_t>(config.layers) * config.states() * batches.streams() * config.hidden_size;
  if (checkpoint.config() != config) refuse("its network is another");
  if (checkpoint.carried.size() != carried) refuse("its carried state has another size");
  if (checkpoint.progress.batch > batches.batches_per_epoch()) {
    refuse("it stands behind the end of the text");
  }
}

}  // namespace charrnn
