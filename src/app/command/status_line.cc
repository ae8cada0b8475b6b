#include "app/command/status_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace charrnn {

StatusLine::StatusLine(const Context& context, std::string job)
    : context_(context),
      job_(std::move(job)),
      visible_(context.err.is_terminal() && !context.common.quiet) {}

StatusLine::~StatusLine() {
  if (!drawn_) return;
  context_.err.write("\r\x1b[K");
  context_.err.flush();
}

void StatusLine::show(int64_t done, int64_t all) {
  const auto now = Clock::now();
  if (!visible_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double share = static_cast<double>(done) / static_cast<double>(std::max<int64_t>(all, 1));
  const double left = share > 0 ? seconds * (1 - share) / share : 0;
  context_.err.write(fmt::format("\r\x1b[K{}  {:3.0f} %  {:.0f} s left", job_, 100 * share, left));
  context_.err.flush();
}

}  // namespace charrnn
