#include "serve/models/run_files.h"

#include <dirent.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRuns = 2000;
constexpr std::string_view kModelName = "model.safetensors";

std::string name_of(const fs::path& path) {
  std::error_code ignored;
  fs::path full = fs::absolute(path, ignored).lexically_normal();
  if (full.filename().empty()) full = full.parent_path();
  return full.filename().string();
}

// The folder's entries; none where it can't be read. (The library's iterator ends the program where
// memory does not suffice.)
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return entries;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(folder / name);
  }
  return entries;
}

FileVersion mark_of(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return {};
  return {info.st_size, info.st_mtim.tv_sec * 1'000'000'000ll + info.st_mtim.tv_nsec, info.st_ino};
}

mode_t mode_of_entry(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode : 0;
}

// Adds what one folder holds to what was found below the root.
class RunFinder {
 public:
  explicit RunFinder(const std::string& root) : root_(root) {}

  // Returns whether the folder is a run.
  bool add_run(const RootedPath& folder) {
    bool is_run = false;
    for (const char* name :
         {"model.safetensors", "metrics.jsonl", "config.toml", "samples.jsonl", "passage.txt"}) {
      const RootedPath file = folder / name;
      const mode_t mode = mode_of_entry(file.path);
      if (S_ISLNK(mode)) found_.links.push_back(file.path);
      is_run = is_run || (S_ISREG(mode) && shows_a_run(name));
    }
    if (!is_run) return false;
    found_.runs.push_back(
        {name_of(folder.path), RunKind::kRun, folder, folder / std::string(kModelName)});
    return true;
  }

  void add_file(const RootedPath& file) {
    found_.runs.push_back(
        {fs::path(file.path).stem().string(), RunKind::kFile, std::string(), file});
  }

  void add_entries() {
    for (const fs::path& entry : entries_of(root_)) {
      if (found_.runs.size() == kMaxRuns) return;
      add_entry({root_, entry.string()}, entry.extension() == ".safetensors");
    }
  }

  FoundRuns result() {
    std::vector<RunLocation>& runs = found_.runs;
    std::sort(runs.begin(), runs.end(),
              [](const RunLocation& a, const RunLocation& b) { return a.id < b.id; });
    // A run comes before a file of the same name.
    runs.erase(std::unique(runs.begin(), runs.end(),
                           [](const RunLocation& a, const RunLocation& b) { return a.id == b.id; }),
               runs.end());
    return std::move(found_);
  }

 private:
  static bool shows_a_run(std::string_view name) {
    return name == kModelName || name == "metrics.jsonl" || name == "config.toml";
  }

  void add_entry(const RootedPath& entry, bool is_model) {
    const mode_t mode = mode_of_entry(entry.path);
    std::error_code ignored;
    if (S_ISDIR(mode)) add_run(entry);
    if (S_ISREG(mode) && is_model) add_file(entry);
    if (S_ISLNK(mode) && (is_model || fs::is_directory(entry.path, ignored))) {
      found_.links.push_back(entry.path);
    }
  }

  const std::string root_;
  FoundRuns found_;
};

}  // namespace

FileVersion file_version(const RootedPath& file) {
  struct stat info = {};
  const int result =
      file.is_named() ? ::stat(file.path.c_str(), &info) : ::lstat(file.path.c_str(), &info);
  return result == 0 ? mark_of(info) : FileVersion();
}

FoundRuns find_runs(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorKind::kIo, "not_found",
                fmt::format("nothing to serve: no such file ({})", path),
                "give a model file, a run folder or a folder of runs, which may be empty");
  }
  if (!fs::is_directory(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorKind::kIo, "not_a_file",
                fmt::format("nothing to serve: not a regular file ({})", path),
                "give a model file, a run folder or a folder of runs");
  }
  RunFinder finder(path);
  const RootedPath named(path, path);
  if (!fs::is_directory(status)) {
    finder.add_file(named);
  } else if (!finder.add_run(named)) {
    finder.add_entries();
  }
  FoundRuns found = finder.result();
  const RootedPath model = named / std::string(kModelName);
  if (found.runs.empty() && S_ISLNK(mode_of_entry(model.path))) {
    throw Error(ErrorKind::kIo, "is_link",
                fmt::format("nothing to serve: the model is a symbolic link, and none that is "
                            "found in a folder is followed ({})",
                            model.path),
                "name the model itself: it may be a link");
  }
  return found;
}

bool is_training(const RunLocation& location) {
  if (!location.has_folder()) return false;
  const FileVersion lock = file_version(location.lock());
  if (!lock.exists()) return false;
  std::ifstream locks("/proc/locks");
  const std::string inode = fmt::format(":{}", lock.inode);
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);  // "1: FLOCK  ADVISORY  WRITE 4242 08:01:1234 0 EOF"
    std::string number, type, advice, access, process, file;
    words >> number >> type >> advice >> access >> process >> file;
    if (type == "FLOCK" && file.ends_with(inode)) return true;
  }
  return false;
}

std::string read_small_file(const RootedPath& file, int64_t max_bytes) {
  const int descriptor = open_to_read(file);
  if (descriptor < 0) return {};
  const std::unique_ptr<const int, void (*)(const int*)> closing(
      &descriptor, [](const int* open) { ::close(*open); });
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::string text(static_cast<size_t>(std::min<int64_t>(info.st_size, max_bytes)), '\0');
  const ssize_t count = ::read(descriptor, text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
  return text;
}

}  // namespace charrnn
