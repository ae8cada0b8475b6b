// A folder that is opened once and held. Whatever is written beneath it, by paths that begin with
// the folder's, is written into this very folder and never through a symbolic link, whatever its
// name has come to mean since.
#pragma once

#include <string>

#include "base/files/file_system.h"

namespace charrnn {

class HeldFolder : public FileSystem {
 public:
  // Throws Error (kIo).
  explicit HeldFolder(std::string path);
  ~HeldFolder() override;
  HeldFolder(const HeldFolder&) = delete;
  HeldFolder& operator=(const HeldFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string path(std::string_view name) const;

  // Throws Error (kIo) where the folder's name now means another folder, or none.
  void must_be_in_place() const;
  // A regular file, whole. Throws as read_file does.
  std::string read(const std::string& path) const;
  // Removes temporaries left by killed processes; returns how many. The caller must hold the
  // folder's lock (base/files/folder_lock.h), so that none of them is in use.
  int remove_temporaries();

  // Paths outside, and those of folders beneath, are -EXDEV. A symbolic link is -ELOOP, and opening
  // a pipe does not wait.
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
  // The name beneath the folder, a part of the path, or "" where there is none. Allocates nothing:
  // a temporary file is removed even where memory has run out.
  const char* name_of(const std::string& path) const;

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace charrnn
