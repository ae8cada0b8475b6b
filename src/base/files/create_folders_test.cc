#include "base/files/create_folders.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "base/testing/faulty_file_system.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

class SyncedFolders : public FaultyFileSystem {
 public:
  SyncedFolders() : FaultyFileSystem(real_file_system(), 0, 0, false) {}
  int sync_folder(const std::string& folder) override {
    synced.push_back(folder);
    return result;
  }
  std::vector<std::string> synced;
  int result = 0;
};

TEST(CreateFolders, MakesTheNameOfEachNewOneDurable) {
  const TemporaryFolder folder;
  SyncedFolders files;
  create_folders(folder.path("a/b/c"), files);
  EXPECT_TRUE(std::filesystem::is_directory(folder.path("a/b/c")));
  EXPECT_EQ(files.synced,
            (std::vector<std::string>{folder.path("a/b"), folder.path("a"), folder.path()}));
  files.synced.clear();
  create_folders(folder.path("a/b/c"), files);
  EXPECT_TRUE(files.synced.empty()) << "nothing is new";
  create_folders(folder.path("a/d"), files);
  EXPECT_EQ(files.synced, std::vector<std::string>{folder.path("a")});
}

TEST(CreateFolders, SaysWhyNot) {
  const TemporaryFolder folder;
  std::ofstream(folder.path("file")) << "";
  EXPECT_THROW(create_folders(folder.path("file/a")), Error);
  SyncedFolders files;
  files.result = -EIO;
  EXPECT_THROW(create_folders(folder.path("a"), files), Error);
  files.result = -EACCES;
  create_folders(folder.path("b"), files);
}

}  // namespace
}  // namespace charrnn
