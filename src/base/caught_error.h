// What a caught exception is, as an Error: for whatever must let none through.
#pragma once

#include "base/error.h"

namespace charrnn {

// Call in a catch block. An Error is returned as it is; memory, threads and descriptors that the
// system does not give are kLimit; everything else is a bug in charrnn (kInternal), to be reported
// with `what_was_done`.
Error caught_error(std::string_view what_was_done);

// What it says of an allocation that failed.
inline constexpr const char* kOutOfMemory = "out of memory";
inline constexpr const char* kLessMemory = "a smaller model, batch or text needs less";

}  // namespace charrnn
