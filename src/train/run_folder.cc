#include "train/run_folder.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/files/create_folders.h"
#include "base/files/file.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

// Anything of that name, a link that leads nowhere too.
bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// The first free name of RUN.old, RUN.old2, …
std::string free_name(const std::string& path) {
  std::string name = path + ".old";
  for (int i = 2; is_there(name); ++i) name = fmt::format("{}.old{}", path, i);
  return name;
}

// All that a run writes, but for temporaries and .lock, which looks after itself.
constexpr std::array kFiles = {"model.safetensors",
                               "checkpoint.safetensors",
                               "checkpoint.previous.safetensors",
                               "checkpoint.safetensors.corrupt",
                               ".checkpoint.previous",
                               "config.toml",
                               "metrics.jsonl",
                               "samples.jsonl",
                               "text.txt",
                               "passage.txt"};

bool is_link(const std::string& path) {
  std::error_code ignored;
  return fs::is_symlink(fs::symlink_status(path, ignored));
}

// In a folder that is no run, files of the names that a run writes are somebody else's.
void refuse_other_files(const std::string& path) {
  for (const char* name : kFiles) {
    const std::string file = path + "/" + name;
    if (!is_there(file)) continue;
    throw Error(ErrorKind::kUsage, "file_in_the_way",
                fmt::format("--out: there is a file in the way ({})", file),
                "give --out the name of a new folder");
  }
}

// Whether there is something to go on from, or a result; a damaged one counts.
bool has_saved(const std::string& path) {
  constexpr std::array kSaved = {"model.safetensors", "checkpoint.safetensors",
                                 "checkpoint.previous.safetensors",
                                 "checkpoint.safetensors.corrupt"};
  return std::ranges::any_of(kSaved, [&](const char* name) { return is_there(path + "/" + name); });
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

bool is_made_by_charrnn(const std::string& path) {
  std::error_code ignored;
  if (is_link(path) || !fs::is_regular_file(path, ignored)) return false;
  std::array<char, 256> bytes = {};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  const std::string_view begin(bytes.data(), static_cast<size_t>(file.gcount()));
  return begin.starts_with("# A run of charrnn ") ||
         (begin.substr(std::min<size_t>(8, begin.size())).starts_with("{\n\"__metadata__\"") &&
          begin.find("\"charrnn_") != begin.npos);
}

bool RunFolder::exists(const std::string& path) {
  for (const char* name : {"model.safetensors", "checkpoint.safetensors",
                           "checkpoint.previous.safetensors", "config.toml"}) {
    if (is_made_by_charrnn(path + "/" + name)) return true;
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

RunFolder::RunFolder(const std::string& path, bool to_read) : path_(path), folder_(path) {
  if (!to_read) lock_.emplace(folder_);
  for (const char* name : kFiles) {
    const std::string file = folder_.path(name);
    must_be_regular(folder_.mode(file), "use the run's file", file);
  }
  if (!to_read) folder_.remove_temporaries();
}

void RunFolder::write_through(const std::function<FileSystem&(FileSystem& own)>& choose) {
  files_ = &choose(folder_);
}

void RunFolder::must_not_be_texts(const std::vector<std::string>& texts) const {
  for (const std::string& text : texts) {
    for (const char* name : kFiles) {
      std::error_code error;
      if (name == fs::path(text_path()).filename()) continue;  // the run's own copy of its text
      if (!fs::equivalent(text, folder_.path(name), error) || error) continue;
      throw Error(ErrorKind::kUsage, "file_in_the_way",
                  fmt::format("the run would write over its text ({})", text),
                  "rename the text, or give --out another folder");
    }
  }
}

std::unique_ptr<RunFolder> RunFolder::create(const std::string& given, bool force, bool again) {
  const std::string path = without_slash(given);
  check_new(path, force || again);
  if (again && !force && exists(path) && !has_saved(path)) {
    std::unique_ptr<RunFolder> run(new RunFolder(path, false));
    for (const std::string& file : {run->metrics_path(), run->samples_path()}) {
      run->folder_.unlink(file);
    }
    return run;
  }
  std::string moved_to;
  if (exists(path)) {
    HeldFolder old(path);
    const FolderLock not_in_use(old);
    moved_to = free_name(path);
    if (::rename(path.c_str(), moved_to.c_str()) != 0) throw_io_error(errno, "move aside", path);
  }
  create_folders(path);
  std::unique_ptr<RunFolder> run(new RunFolder(path, false));
  run->moved_to_ = moved_to;
  return run;
}

std::unique_ptr<RunFolder> RunFolder::open(const std::string& given, bool to_read) {
  const std::string path = without_slash(given);
  if (!is_there(path + "/checkpoint.safetensors") &&
      !is_there(path + "/checkpoint.previous.safetensors")) {
    throw Error(ErrorKind::kUsage, "nothing_to_resume",
                fmt::format("there is no checkpoint to go on from ({})", path),
                "without --resume a new run begins");
  }
  return std::unique_ptr<RunFolder>(new RunFolder(path, to_read));
}

Checkpoint RunFolder::read_checkpoint(std::string& note) {
  const auto read = [this](const std::string& path) {
    return parse_checkpoint(folder_.read(path), path);
  };
  const std::string bad = checkpoint_path() + ".corrupt";
  try {
    return read(checkpoint_path());
  } catch (const Error& error) {
    if (error.code() == "newer_format" || folder_.mode(previous_path()) < 0) throw;
    note = fmt::format("the checkpoint cannot be read ({}); going on from the one before it",
                       error.what());
  }
  Checkpoint previous = read(previous_path());
  if (lock_ && files_->rename(checkpoint_path(), bad) == 0) {
    note += fmt::format("; the bad one is now {}", bad);
  }
  return previous;
}

void RunFolder::replace(const std::string& path, std::string_view text) {
  folder_.must_be_in_place();
  replace_file(path, text, *files_);
}

void RunFolder::write_config(std::string_view text) { replace(config_path(), text); }

void RunFolder::write_text(std::string_view text) { replace(text_path(), text); }

void RunFolder::write_passage(std::string_view text) { replace(passage_path(), text); }

void RunFolder::begin_metrics(int64_t step) {
  folder_.must_be_in_place();
  metrics_ = std::make_unique<MetricsFile>(metrics_path(), step, *files_);
}

std::string RunFolder::append_note(const std::string& line) {
  return metrics_ == nullptr ? std::string() : metrics_->append_line(line);
}

std::vector<std::string> RunFolder::notes() {
  std::vector<std::string> lines;
  if (folder_.mode(metrics_path()) < 0) return lines;
  std::istringstream file(folder_.read(metrics_path()));
  for (std::string line; std::getline(file, line);) {
    if (is_note(line)) lines.push_back(line);
  }
  return lines;
}

// Keeps the previous checkpoint as a hard link, which takes no time. File systems without hard
// links keep none.
void RunFolder::save(const CheckpointSource& source) {
  folder_.must_be_in_place();
  if (metrics_ != nullptr) metrics_->sync();
  const std::string spare = folder_.path(".checkpoint.previous");
  files_->unlink(spare);
  if (files_->link(checkpoint_path(), spare) == 0) {
    files_->rename(spare, previous_path());
    files_->unlink(spare);  // rename() does nothing where both are the same file already
  }
  write_checkpoint(checkpoint_path(), source, *files_);
}

void RunFolder::save_model(const Model& model) {
  folder_.must_be_in_place();
  write_model(model_path(), model, *files_);
}

std::string RunFolder::append(const Report& report) {
  return metrics_ == nullptr ? std::string() : metrics_->append(report);
}

std::string RunFolder::append_sample(int64_t step, std::string_view text) {
  if (samples_ == nullptr) {
    samples_ = std::make_unique<MetricsFile>(samples_path(), step - 1, *files_);
  }
  const JsonOutput line = {{"step", step}, {"text", text}};
  return samples_->append_line(dump_json(line) + "\n");
}

}  // namespace charrnn
