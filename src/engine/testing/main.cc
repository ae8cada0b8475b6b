// The main function of the engine's test program and of those above it. CHARRNN_ISA limits their
// instruction sets as it limits the program's.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "engine/cpu/isa/usable_isas.h"

int main(int count, char** words) {
  try {
    // Before InitGoogleTest, which evaluates the parameters of parameterized tests.
    if (const char* name = std::getenv("CHARRNN_ISA")) charrnn::cpu::limit_isas(name);
  } catch (const charrnn::Error& error) {
    std::fprintf(stderr, "environment variable CHARRNN_ISA: %s\n  %s\n", error.what(),
                 error.hint().c_str());
    return static_cast<int>(error.kind());
  }
  setenv("COLUMNS", "80", 1);  // whatever the terminal here is like
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}
