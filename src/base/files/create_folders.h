// Folders that are to hold what must not be lost.
#pragma once

#include <string>

#include "base/files/file_system.h"

namespace charrnn {

// Creates the folder and those above it that are missing, and makes the name of each durable:
// syncing what is written into a new folder need not keep the folder itself. Throws Error (kIo).
void create_folders(const std::string& path, FileSystem& files = real_file_system());

}  // namespace charrnn
