// One writer for a folder: an exclusive lock on FOLDER/.lock that ends with the process.
#pragma once

#include "base/files/held_folder.h"

namespace charrnn {

class FolderLock {
 public:
  // Takes the lock without waiting, or throws Error (kIo): "run_locked" naming the process that
  // holds it, "not_a_lock" where .lock is anything but a file that this made.
  explicit FolderLock(HeldFolder& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace charrnn
