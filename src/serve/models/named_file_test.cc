// A file that the user names must be a model.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "serve/testing/test_api.h"

namespace charrnn {
namespace {

// The error's kind and code; "" where the path is served.
std::string refusal_of(const std::string& path) {
  try {
    ModelRegistry({path, {}, 4, {}});
  } catch (const Error& error) {
    return (error.kind() == ErrorKind::kModel ? "model " : "io ") + error.code();
  }
  return "";
}

TEST(NamedFile, IsRefusedWhereItIsNoModel) {
  const ModelFolder folder(6, 1);
  std::ofstream(folder.path("ab.txt")) << "abababab";
  std::ofstream(folder.path("empty")).flush();
  EXPECT_EQ(refusal_of(folder.path("ab.txt")).substr(0, 6), "model ");
  EXPECT_EQ(refusal_of(folder.path("empty")).substr(0, 6), "model ");
  EXPECT_EQ(refusal_of("/dev/zero"), "io not_a_file");
  EXPECT_EQ(refusal_of(folder.path("missing")), "io not_found");
}

TEST(NamedFile, IsLoadedAtOnce) {
  const ModelFolder folder(6, 1);
  ModelRegistry registry({folder.path("plain.safetensors"), {}, 4, {}});
  EXPECT_NE(registry.loaded("plain"), nullptr);
  std::filesystem::create_symlink(folder.path("plain.safetensors"), folder.path("link"));
  EXPECT_EQ(refusal_of(folder.path("link")), "") << "as caches of models have them";
}

TEST(NamedFolder, MayHoldWhatIsNoModelYet) {
  const ModelFolder folder(6, 1);
  std::ofstream(folder.path("broken.safetensors")) << "abababab";
  EXPECT_EQ(refusal_of(folder.path()), "");
}

}  // namespace
}  // namespace charrnn
