// While it lives, this thread's arithmetic takes subnormal numbers for zero: on some processors
// they cost a hundred cycles each, and gates near zero make many.
#pragma once

#include <cstdint>

namespace charrnn::cpu {

class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  uint64_t before_;
};

}  // namespace charrnn::cpu
