#include "serve/models/run_files.h"

#include <dirent.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/error.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRuns = 2000;
constexpr std::string_view kModelName = "model.safetensors";

bool is_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kModelName, ignored) ||
         fs::exists(folder / "metrics.jsonl", ignored) ||
         fs::exists(folder / "config.toml", ignored);
}

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

RunLocation run_at(const fs::path& folder) {
  return {name_of(folder), RunKind::kRun, folder.string(), (folder / kModelName).string()};
}

RunLocation file_at(const fs::path& file) {
  const std::string name = file.stem().string();
  return {name, RunKind::kFile, "", file.string()};
}

FileVersion mark_of(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return {};
  return {info.st_size, info.st_mtim.tv_sec * 1'000'000'000ll + info.st_mtim.tv_nsec, info.st_ino};
}

}  // namespace

FileVersion file_version(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? mark_of(info) : FileVersion();
}

FileVersion own_file_version(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 ? mark_of(info) : FileVersion();
}

std::vector<RunLocation> find_runs(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorKind::kIo, "not_found",
                fmt::format("nothing to serve: no such file ({})", path),
                "give a model file, a run folder or a folder of runs");
  }
  if (!fs::is_directory(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorKind::kIo, "not_a_file",
                fmt::format("nothing to serve: not a regular file ({})", path),
                "give a model file, a run folder or a folder of runs");
  }
  if (!fs::is_directory(status)) return {file_at(path)};
  if (is_run(path)) return {run_at(path)};
  std::vector<RunLocation> locations;
  for (const fs::path& entry : entries_of(path)) {
    if (locations.size() == kMaxRuns) break;
    std::error_code ignored;
    if (fs::is_directory(entry, ignored) && is_run(entry)) locations.push_back(run_at(entry));
    const bool is_model = entry.extension() == ".safetensors";
    if (is_model && fs::is_regular_file(entry, ignored)) locations.push_back(file_at(entry));
  }
  std::sort(locations.begin(), locations.end(),
            [](const RunLocation& a, const RunLocation& b) { return a.id < b.id; });
  // A run comes before a file of the same name.
  locations.erase(
      std::unique(locations.begin(), locations.end(),
                  [](const RunLocation& a, const RunLocation& b) { return a.id == b.id; }),
      locations.end());
  return locations;
}

bool is_training(const RunLocation& location) {
  if (location.folder.empty()) return false;
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

std::string read_small_file(const std::string& path, int64_t max_bytes) {
  const FileVersion mark = own_file_version(path);
  if (!mark.exists()) return {};
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<size_t>(std::min(mark.size, max_bytes)), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

}  // namespace charrnn
