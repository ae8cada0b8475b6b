// Lines of a text file that may be long, be growing, or have been made to harm: in little memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/files/rooted_path.h"

namespace charrnn {

struct LineLimits {
  int64_t from = 0;               // the byte to begin at
  size_t longest = 1 << 20;       // bytes; a longer line comes as an empty one
  bool unfinished = false;        // a last line without its end comes too
  std::function<void()> between;  // called at least every 256 KiB; may throw to end it
};

// Calls action(line, its offset) for each whole line. Returns the offset after the last one; where
// there is no such file, or it is no regular file, `from`. A symbolic link is not followed.
int64_t for_each_line(const RootedPath& path, const LineLimits& limits,
                      const std::function<void(std::string_view line, int64_t offset)>& action);

}  // namespace charrnn
