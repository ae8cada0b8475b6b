// The files of a run, looked at from outside while another process may be writing them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "serve/http/json.h"

namespace charrnn {

// Tells one state of a file from another.
struct FileMark {
  int64_t size = -1;     // -1: there is no such file
  int64_t modified = 0;  // nanoseconds since 1970
  uint64_t inode = 0;
  bool exists() const { return size >= 0; }
  bool operator==(const FileMark&) const = default;
};

FileMark file_mark(const std::string& path);
// The same of a file of a run that only a trainer writes: a link in its place, which may lead to
// any file of this machine, counts as none. (A run from elsewhere may hold one.)
FileMark own_file_mark(const std::string& path);

enum class RunKind { kRun, kFile, kBuiltIn };

// A place that holds a model, now or soon.
struct RunPlace {
  std::string id;
  RunKind kind = RunKind::kRun;
  std::string folder;  // of a run; else empty
  std::string model;   // the model file
  std::string metrics() const { return folder + "/metrics.jsonl"; }
  std::string samples() const { return folder + "/samples.jsonl"; }
  std::string passage() const { return folder + "/passage.txt"; }
  std::string config() const { return folder + "/config.toml"; }
  std::string lock() const { return folder + "/.lock"; }
  bool operator==(const RunPlace&) const = default;
};

// path: a model file, a run folder, or a folder of these; in name order. Throws Error (kIo, kModel)
// where there is nothing to serve.
std::vector<RunPlace> find_runs(const std::string& path);

// Whether another process holds the run's lock (read from /proc/locks: taking it, even for a
// moment, could keep a trainer from starting).
bool is_training(const RunPlace& place);

// The text of a small file of a run, or empty; nothing where it is a link.
std::string read_small_file(const std::string& path, int64_t max_bytes);

}  // namespace charrnn
