// One writer for a folder: an exclusive lock on FOLDER/.lock that ends with the process.
#pragma once

#include <string>

namespace charrnn {

class FolderLock {
 public:
  // Takes the lock without waiting, or throws Error (kIo, "run_locked") naming the process that
  // holds it.
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace charrnn
