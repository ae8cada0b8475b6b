// The files of a run, read while another process may be writing them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files/rooted_path.h"
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

// A symbolic link that the user did not name counts as missing: a folder from elsewhere may hold
// one that leads to any file of this machine.
FileVersion file_version(const RootedPath& file);

enum class RunKind { kRun, kFile, kBuiltIn };

// A place that holds a model, or will.
struct RunLocation {
  std::string id;
  RunKind kind = RunKind::kRun;
  RootedPath folder;  // of a run; else empty
  RootedPath model;   // the model file
  bool has_folder() const { return !folder.path.empty(); }
  RootedPath metrics() const { return folder / "metrics.jsonl"; }
  RootedPath samples() const { return folder / "samples.jsonl"; }
  RootedPath passage() const { return folder / "passage.txt"; }
  RootedPath text() const { return folder / "text.txt"; }  // where the run keeps its own
  RootedPath config() const { return folder / "config.toml"; }
  RootedPath lock() const { return folder / ".lock"; }
  bool operator==(const RunLocation&) const = default;
};

struct FoundRuns {
  std::vector<RunLocation> runs;   // in name order
  std::vector<std::string> links;  // paths of what is left out because it is a symbolic link
};

// path: a model file, a run folder, or a folder of these. Throws Error (kIo) if there is nothing to
// serve.
FoundRuns find_runs(const std::string& path);

// Whether another process holds the run's lock (read from /proc/locks: taking it, even for a
// moment, could keep a trainer from starting).
bool is_training(const RunLocation& location);

// The beginning of a file of a run; empty if it is missing or a link.
std::string read_small_file(const RootedPath& file, int64_t max_bytes);

}  // namespace charrnn
