// --device where there is no such device.
#include <gtest/gtest.h>

#include "app/testing/run_charrnn.h"
#include "engine/cuda/cuda_engine.h"

namespace charrnn {
namespace {

// Before the text is read, which is not there.
TEST(DeviceOption, RefusesAGpuThatIsNotThereBeforeAnythingElse) {
  if (why_no_cuda().empty()) GTEST_SKIP() << "there is one";
  const TestFolder folder;
  for (const char* command :
       {"notebook", "train missing.txt", "sample missing", "eval missing missing.txt",
        "data missing.txt", "show missing", "serve missing", "bench"}) {
    const ProgramResult result =
        run_shell(folder, "charrnn " + std::string(command) + " --device cuda");
    EXPECT_EQ(result.code, 2) << command;
    EXPECT_EQ(result.out, "") << command;
    EXPECT_EQ(result.err, "charrnn: error: no GPU: " + why_no_cuda() +
                              " (--device cuda)\n  leave --device out, or use --device cpu\n")
        << command;
  }
}

}  // namespace
}  // namespace charrnn
