// The files of a run, read while another process may be writing them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "serve/http/json.h"

namespace charrnn {

// Identifies one version of a file.
struct FileVersion {
  int64_t size = -1;     // -1: there is no such file
  int64_t modified = 0;  // nanoseconds since 1970
  uint64_t inode = 0;
  bool exists() const { return size >= 0; }
  bool operator==(const FileVersion&) const = default;
};

FileVersion file_version(const std::string& path);
// The same for files that only a trainer writes. A symbolic link counts as missing: a run folder
// from elsewhere may hold one that leads to any file of this machine.
FileVersion own_file_version(const std::string& path);

enum class RunKind { kRun, kFile, kBuiltIn };

// A place that holds a model, or will.
struct RunLocation {
  std::string id;
  RunKind kind = RunKind::kRun;
  std::string folder;  // of a run; else empty
  std::string model;   // the model file
  std::string metrics() const { return folder + "/metrics.jsonl"; }
  std::string samples() const { return folder + "/samples.jsonl"; }
  std::string passage() const { return folder + "/passage.txt"; }
  std::string config() const { return folder + "/config.toml"; }
  std::string lock() const { return folder + "/.lock"; }
  bool operator==(const RunLocation&) const = default;
};

// path: a model file, a run folder, or a folder of these; in name order. Throws Error (kIo, kModel)
// if there is nothing to serve.
std::vector<RunLocation> find_runs(const std::string& path);

// Whether another process holds the run's lock (read from /proc/locks: taking it, even for a
// moment, could keep a trainer from starting).
bool is_training(const RunLocation& location);

// The content of a small file of a run; empty if it is missing or a link.
std::string read_small_file(const std::string& path, int64_t max_bytes);

}  // namespace charrnn
