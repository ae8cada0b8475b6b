#include "base/files/create_folders.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/files/file.h"

namespace charrnn {

void create_folders(const std::string& path, FileSystem& files) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> holders;  // of the folders that are missing, the innermost first
  for (std::string missing = path; !fs::exists(missing, error); missing = folder_of(missing)) {
    holders.push_back(folder_of(missing));
  }
  fs::create_directories(path, error);
  if (error) throw_io_error(error.value(), "create the folder", path);
  for (const std::string& holder : holders) {
    const int result = files.sync_folder(holder);
    if (result == -EACCES) continue;  // one may write there and not read
    if (result < 0) throw_io_error(-result, "make the folder durable", path);
  }
}

}  // namespace charrnn
