#include "train/run_folder.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// The first free name of RUN.old, RUN.old2, …
std::string free_name(const std::string& path) {
  std::string name = path + ".old";
  for (int i = 2; is_there(name); ++i) name = fmt::format("{}.old{}", path, i);
  return name;
}

// In a folder that is no run, files of the names that a run writes are somebody else's.
void refuse_other_files(const std::string& path) {
  for (const char* name : {"metrics.jsonl", "samples.jsonl", "passage.txt"}) {
    const std::string file = path + "/" + name;
    if (!is_there(file)) continue;
    throw Error(ErrorKind::kUsage, "file_in_the_way",
                fmt::format("--out: there is a file in the way ({})", file),
                "give --out the name of a new folder");
  }
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Whether a line of the metrics is an object about the whole run.
bool is_note(const std::string& line) {
  try {
    const JsonValue object = parse_json(line);
    return object.is_object() && !object.contains("step");
  } catch (const JsonError&) {
    return false;
  }
}

}  // namespace

bool RunFolder::exists(const std::string& path) {
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "config.toml"}) {
    if (is_there(path + "/" + name)) return true;
  }
  return false;
}

void RunFolder::check_new(const std::string& path, bool force) {
  std::error_code ignored;
  if (is_there(path) && !fs::is_directory(path, ignored)) {
    throw Error(ErrorKind::kUsage, "not_a_folder",
                fmt::format("--out: there is a file in the way ({})", path),
                "give the name of a folder");
  }
  if (!exists(path)) {
    refuse_other_files(path);
    return;
  }
  if (force) return;
  const bool has_checkpoint = is_there(path + "/checkpoint.safetensors");
  throw Error(ErrorKind::kUsage, "run_exists", fmt::format("there is a run already ({})", path),
              fmt::format("{}--out another folder, or --force to move it aside",
                          has_checkpoint ? "--resume to go on with it, " : ""));
}

RunFolder::RunFolder(const std::string& path) : path_(path), lock_(path) {
  remove_temporaries(path_);
}

std::unique_ptr<RunFolder> RunFolder::create(const std::string& given, bool force) {
  const std::string path = without_slash(given);
  check_new(path, force);
  std::string moved_to;
  if (exists(path)) {
    const FolderLock not_in_use(path);
    moved_to = free_name(path);
    if (::rename(path.c_str(), moved_to.c_str()) != 0) throw_io_error(errno, "move aside", path);
  }
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw_io_error(error.value(), "create the folder", path);
  std::unique_ptr<RunFolder> run(new RunFolder(path));
  run->moved_to_ = moved_to;
  return run;
}

std::unique_ptr<RunFolder> RunFolder::open(const std::string& given) {
  const std::string path = without_slash(given);
  if (!is_there(path + "/checkpoint.safetensors") &&
      !is_there(path + "/checkpoint.previous.safetensors")) {
    throw Error(ErrorKind::kUsage, "nothing_to_resume",
                fmt::format("there is no checkpoint to go on from ({})", path),
                "without --resume a new run begins");
  }
  return std::unique_ptr<RunFolder>(new RunFolder(path));
}

Checkpoint RunFolder::read_checkpoint(std::string& note) {
  const std::string bad = checkpoint_path() + ".corrupt";
  try {
    return charrnn::read_checkpoint(checkpoint_path());
  } catch (const Error& error) {
    if (error.code() == "newer_format" || !is_there(previous_path())) throw;
    note = fmt::format("the checkpoint cannot be read ({}); going on from the one before it",
                       error.what());
  }
  Checkpoint previous = charrnn::read_checkpoint(previous_path());
  if (is_there(checkpoint_path()) && ::rename(checkpoint_path().c_str(), bad.c_str()) == 0) {
    note += fmt::format("; the bad one is now {}", bad);
  }
  return previous;
}

void RunFolder::write_config(std::string_view text) { replace_file(config_path(), text); }

void RunFolder::write_text(std::string_view text) { replace_file(text_path(), text); }

void RunFolder::write_passage(std::string_view text) { replace_file(passage_path(), text); }

void RunFolder::begin_metrics(int64_t step) {
  metrics_ = std::make_unique<MetricsFile>(metrics_path(), step);
}

std::string RunFolder::append_note(const std::string& line) {
  return metrics_ == nullptr ? std::string() : metrics_->append_line(line);
}

std::vector<std::string> RunFolder::notes() const {
  std::vector<std::string> lines;
  std::ifstream file(metrics_path());
  for (std::string line; std::getline(file, line);) {
    if (is_note(line)) lines.push_back(line);
  }
  return lines;
}

// Keeps the previous checkpoint as a hard link, which takes no time. File systems without hard
// links keep none.
void RunFolder::save(const CheckpointSource& source) {
  if (metrics_ != nullptr) metrics_->sync();
  const std::string spare = path_ + "/.checkpoint.previous";
  ::unlink(spare.c_str());
  if (::link(checkpoint_path().c_str(), spare.c_str()) == 0) {
    ::rename(spare.c_str(), previous_path().c_str());
    ::unlink(spare.c_str());  // rename() does nothing where both are the same file already
  }
  write_checkpoint(checkpoint_path(), source);
}

void RunFolder::save_model(const Model& model) { write_model(model_path(), model); }

std::string RunFolder::append(const Report& report) {
  return metrics_ == nullptr ? std::string() : metrics_->append(report);
}

std::string RunFolder::append_sample(int64_t step, std::string_view text) {
  if (samples_ == nullptr) samples_ = std::make_unique<MetricsFile>(samples_path(), step - 1);
  const JsonOutput line = {{"step", step}, {"text", text}};
  return samples_->append_line(dump_json(line) + "\n");
}

}  // namespace charrnn
