// What every function of the interface runs in: nothing is thrown out of it, and what went wrong is
// kept for charrnn_last_error().
#pragma once

#include <utility>

#include "library/charrnn.h"

namespace charrnn::library {

// Throws Error (kUsage) for a pointer of the caller's that is NULL.
void need(const void* pointer, const char* what);

// Keeps the exception that is being handled as this thread's last error; returns its status.
int keep_caught_error() noexcept;

template <class Call>
int guarded(Call&& call) noexcept {
  try {
    std::forward<Call>(call)();
    return CHARRNN_OK;
  } catch (...) {
    return keep_caught_error();
  }
}

// The same for a function that makes *result, which is NULL if it fails.
template <class Result, class Call>
int making(Result** result, Call&& call) noexcept {
  if (result != nullptr) *result = nullptr;
  return guarded([&] {
    need(result, "the place for the result");
    *result = std::forward<Call>(call)();
  });
}

}  // namespace charrnn::library
