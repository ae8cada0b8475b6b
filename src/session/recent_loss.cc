#include "session/recent_loss.h"

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "base/files/lines.h"
#include "base/json/flat_object.h"

namespace charrnn {

double recent_loss(const std::string& metrics_path, int64_t from, int64_t to) {
  std::vector<FlatMember> members;
  double before = 0;  // the step of the report before
  double sum = 0, steps = 0;
  for_each_line(metrics_path, {}, [&](std::string_view line, int64_t) {
    if (!read_flat_object(line, members)) return;
    const FlatMember* step = find_member(members, "step");
    const FlatMember* loss = find_member(members, "train_loss");
    if (step == nullptr || !step->is_number()) return;
    const double count = step->number - before;  // that the report is the mean of
    before = step->number;
    const bool is_within =
        step->number > static_cast<double>(from) && step->number <= static_cast<double>(to);
    if (!is_within || count <= 0 || loss == nullptr || !loss->is_number()) return;
    sum += count * loss->number;
    steps += count;
  });
  return steps > 0 ? sum / steps : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace charrnn
