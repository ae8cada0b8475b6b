#include "text/lower_case.h"

#include <utf8proc.h>

namespace charrnn {

char32_t lower_case(char32_t symbol, Encoding encoding) {
  if (encoding == Encoding::kBytes && symbol >= 0x80) return symbol;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(symbol)));
}

}  // namespace charrnn
