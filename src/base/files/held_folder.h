// A folder that is opened once and held. Whatever is written beneath it, by paths that begin with
// the folder's, is written into this very folder and never through a symbolic link, whatever its
// name has come to mean since.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files/file_system.h"

namespace charrnn {

class HeldFolder : public FileSystem {
 public:
  // Throws Error (kIo).
  explicit HeldFolder(std::string path);
  // One beneath another; neither a link nor anything but a folder. Throws Error (kIo).
  HeldFolder(const HeldFolder& parent, std::string_view name);
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
  // The names in it, in no order. Throws Error (kIo).
  std::vector<std::string> names() const;
  // Makes a folder beneath it, where nothing has the name yet; else -EEXIST.
  int make_folder(const std::string& path);
  int remove_folder(const std::string& path);  // an empty one
  // Gives what is beneath it a name in another folder of the same file system, where nothing has
  // that name yet; else -EEXIST.
  int move(std::string_view name, HeldFolder& to, std::string_view new_name);

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
