// The folder of a run: its files, and the lock that lets one trainer at a time write them. The
// folder is opened once and held: whatever happens to its name, nothing is written into another
// one, nor through a symbolic link. Once it no longer has its name, writing throws Error (kIo).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/folder_lock.h"
#include "base/files/held_folder.h"
#include "train/trainer.h"

namespace charrnn {

// Whether a file is a model, a checkpoint or a configuration that charrnn wrote.
bool is_made_by_charrnn(const std::string& path);

class RunFolder : public TrainingStore {
 public:
  // Creates a run. An existing one is an Error (kUsage) unless `force`, which moves it aside to
  // moved_to(); so is a file of somebody else's that has the name of one of a run's. again: a run
  // that has saved neither model nor checkpoint begins anew where it is, beside whatever else is
  // there (the server's record of a training); one that has is moved aside.
  static std::unique_ptr<RunFolder> create(const std::string& path, bool force, bool again = false);
  // Opens an existing run to resume it. to_read: or only to read in it: nothing in the folder
  // changes, and another trainer may have its lock.
  static std::unique_ptr<RunFolder> open(const std::string& path, bool to_read = false);

  // Whether the folder holds a run that charrnn made.
  static bool exists(const std::string& path);
  // Throws what create() would throw for an existing run.
  static void check_new(const std::string& path, bool force);

  const std::string& path() const { return path_; }
  const std::string& moved_to() const { return moved_to_; }
  std::string model_path() const { return path_ + "/model.safetensors"; }
  std::string checkpoint_path() const { return path_ + "/checkpoint.safetensors"; }
  std::string config_path() const { return path_ + "/config.toml"; }
  std::string metrics_path() const { return path_ + "/metrics.jsonl"; }
  std::string samples_path() const { return path_ + "/samples.jsonl"; }
  std::string text_path() const { return path_ + "/text.txt"; }
  std::string passage_path() const { return path_ + "/passage.txt"; }

  // The checkpoint, or the previous one if it cannot be read (then `note` says so and the bad one
  // is renamed, unless the folder is only read). Throws Error (kModel) if neither can.
  Checkpoint read_checkpoint(std::string& note);

  // Throws Error (kUsage) where one of these is a file that this run writes.
  void must_not_be_texts(const std::vector<std::string>& texts) const;
  // For tests: everything is written through these instead, to which the run's own are given.
  void write_through(const std::function<FileSystem&(FileSystem& own)>& choose);

  void write_config(std::string_view text);
  void write_text(std::string_view text);
  void write_passage(std::string_view text);
  // Opens metrics.jsonl, keeping what was reported up to this step.
  void begin_metrics(int64_t step);
  // Appends a complete line about the whole run to metrics.jsonl. Returns the message of the first
  // failure; else empty.
  std::string append_note(const std::string& line);
  // The lines of metrics.jsonl that have no step, as they are.
  std::vector<std::string> notes();

  void save(const CheckpointSource& source) override;
  void save_model(const Model& model) override;
  std::string append(const Report& report) override;
  // Appends the sample of this step to samples.jsonl, in place of what an earlier attempt wrote
  // from that step on. Returns the message of the first failure; else empty.
  std::string append_sample(int64_t step, std::string_view text);

 private:
  RunFolder(const std::string& path, bool to_read);
  void replace(const std::string& path, std::string_view text);
  std::string previous_path() const { return path_ + "/checkpoint.previous.safetensors"; }

  std::string path_;
  std::string moved_to_;
  HeldFolder folder_;
  FileSystem* files_ = &folder_;
  std::optional<FolderLock> lock_;  // empty where the folder is only read
  std::unique_ptr<MetricsFile> metrics_;
  std::unique_ptr<MetricsFile> samples_;  // from the first sample on
};

}  // namespace charrnn
