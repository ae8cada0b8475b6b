// While one of these lives, its thread takes numbers too small for full precision as zero: on many
// machines they are a hundred times slower, and nothing here needs them.
#pragma once

#include <xmmintrin.h>

namespace charrnn {

class FlushDenormals {
 public:
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }
  FlushDenormals(const FlushDenormals&) = delete;

 private:
  unsigned before_;
};

}  // namespace charrnn
