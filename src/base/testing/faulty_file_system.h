// For tests: file systems that fail, and one that loses power.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files/file_system.h"

namespace charrnn {

// Forwards every call except the N-th, which fails; a failing write writes half of its data.
// sticky: all later calls fail too, as on a machine that stops.
class FaultyFileSystem : public FileSystem {
 public:
  FaultyFileSystem(FileSystem& below, int failing_call, int error_number, bool sticky)
      : below_(below), failing_call_(failing_call), error_number_(error_number), sticky_(sticky) {}

  int calls() const { return calls_; }  // so far
  // Syncs are counted and may fail, but take no time.
  void leave_out_syncs() { leaves_out_syncs_ = true; }

  int open(const std::string& path, int flags, mode_t mode) override;
  ssize_t write(int descriptor, const void* data, size_t size) override;
  int fsync(int descriptor) override;
  int close(int descriptor) override;
  int rename(const std::string& from, const std::string& to) override;
  int link(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int mode(const std::string& path) override;
  int sync_folder(const std::string& folder) override;

 private:
  bool fails();

  FileSystem& below_;
  int failing_call_;
  int error_number_;
  bool sticky_;
  bool leaves_out_syncs_ = false;
  int calls_ = 0;
};

// An in-memory file system that tracks what is synced. After a power loss a file keeps its synced
// content and an arbitrary part of the rest; a name refers to its file at the last sync of the
// folder or to any file it was bound to since.
class PowerLossFileSystem : public FileSystem {
 public:
  // Content by path after a power loss at this point. The seed picks one of the possible outcomes.
  std::map<std::string, std::string> after_power_loss(uint32_t seed) const;

  int open(const std::string& path, int flags, mode_t mode) override;
  ssize_t write(int descriptor, const void* data, size_t size) override;
  int fsync(int descriptor) override;
  int close(int descriptor) override;
  int rename(const std::string& from, const std::string& to) override;
  int link(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int mode(const std::string& path) override;
  int sync_folder(const std::string& folder) override;

 private:
  struct File {
    std::string content;
    std::string synced;
  };
  using FilePointer = std::shared_ptr<File>;  // null: no file

  void bind(const std::string& path, FilePointer file);

  std::map<std::string, FilePointer> names_;
  std::map<std::string, std::vector<FilePointer>> bindings_;  // durable one first, then all since
  std::map<int, FilePointer> open_;
};

}  // namespace charrnn
