// For tests: file systems that fail, and one that loses power.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace charrnn {

// Passes every call on but the N-th, which fails; a write that fails has written half. Sticky: so
// do all calls after it, as on a machine that stops.
class FaultyFileSystem : public FileSystem {
 public:
  FaultyFileSystem(FileSystem& below, int failing_call, int error_number, bool sticky)
      : below_(below), failing_call_(failing_call), error_number_(error_number), sticky_(sticky) {}

  int calls() const { return calls_; }  // so far

  int open(const std::string& path, int flags, mode_t mode) override;
  ssize_t write(int descriptor, const void* data, size_t size) override;
  int fsync(int descriptor) override;
  int close(int descriptor) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int sync_folder(const std::string& folder) override;

 private:
  bool fails();

  FileSystem& below_;
  int failing_call_;
  int error_number_;
  bool sticky_;
  int calls_ = 0;
};

// Files in memory that remember what was synced. After a loss of power each file keeps what was
// synced of it and an arbitrary part of the rest, and each name stands for what it stood for at the
// last sync of its folder or for anything since.
class PowerLossFileSystem : public FileSystem {
 public:
  // What would be there after a loss of power now: content by path. The seed chooses among the
  // possible outcomes.
  std::map<std::string, std::string> after_power_loss(uint32_t seed) const;

  int open(const std::string& path, int flags, mode_t mode) override;
  ssize_t write(int descriptor, const void* data, size_t size) override;
  int fsync(int descriptor) override;
  int close(int descriptor) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
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
