#include "base/caught_error.h"

#include <gtest/gtest.h>

#include <new>
#include <system_error>

namespace charrnn {
namespace {

template <class Exception>
Error caught(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return caught_error("the call");
  }
}

TEST(CaughtError, KeepsAnErrorWhole) {
  const Error error = caught(Error(ErrorKind::kModel, "bad_model", "not a model", "take another"));
  EXPECT_EQ(error.kind(), ErrorKind::kModel);
  EXPECT_EQ(error.code(), "bad_model");
  EXPECT_STREQ(error.what(), "not a model");
  EXPECT_EQ(error.hint(), "take another");
}

TEST(CaughtError, TakesWhatTheSystemRefusesForALimit) {
  EXPECT_EQ(caught(std::bad_alloc()).code(), "out_of_memory");
  EXPECT_EQ(caught(std::bad_alloc()).kind(), ErrorKind::kLimit);
  const Error files =
      caught(std::system_error(std::make_error_code(std::errc::too_many_files_open)));
  EXPECT_EQ(files.kind(), ErrorKind::kLimit);
  EXPECT_NE(std::string(files.what()).find("another open file"), std::string::npos);
}

TEST(CaughtError, TakesEverythingElseForABug) {
  EXPECT_EQ(caught(std::runtime_error("odd")).kind(), ErrorKind::kInternal);
  EXPECT_NE(caught(std::runtime_error("odd")).hint().find("the call"), std::string::npos);
  EXPECT_EQ(caught(7).kind(), ErrorKind::kInternal);
}

}  // namespace
}  // namespace charrnn
