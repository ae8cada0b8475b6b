#include "train/control/schedule.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace charrnn {

bool Schedule::begins_anew(int64_t step) const {
  return std::ranges::any_of(
      changes, [step](const ScheduleChange& change) { return change.anew && change.step == step; });
}

double Schedule::at(int64_t step) const {
  if (step < warmup_steps) {
    return learning_rate * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  switch (kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kCosine: {
      const double part = part_done(step);
      const double low = std::min(min_learning_rate, learning_rate);
      return low + (learning_rate - low) * (1 + std::cos(std::numbers::pi * part)) / 2;
    }
    case ScheduleKind::kStep: {
      const int64_t epoch = step / std::max<int64_t>(1, steps_per_epoch);
      if (epoch < decay_after) break;
      const int64_t times = 1 + (epoch - decay_after) / std::max<int64_t>(1, decay_every);
      return learning_rate * std::pow(decay, static_cast<double>(times));
    }
  }
  return learning_rate;
}

// 0 after the warm-up, 1 at the end.
double Schedule::part_done(int64_t step) const {
  double part = 0;
  int64_t from = warmup_steps, total = total_steps;
  const auto go_to = [&](int64_t to) {
    const int64_t left = std::max<int64_t>(1, total - from);
    part += (1 - part) * std::min(1.0, static_cast<double>(to - from) / static_cast<double>(left));
    from = to;
  };
  for (const ScheduleChange& change : changes) {
    if (change.anew ? change.step > step : change.step >= step) break;
    if (change.anew) {
      part = 0;
      from = warmup_steps;
    } else if (change.step > from) {
      go_to(change.step);
    }
    total = change.total_steps;
  }
  go_to(step);
  return part;
}

void add_change(std::vector<ScheduleChange>& changes, ScheduleChange change) {
  while (!changes.empty() && changes.back().step >= change.step) {
    const bool is_same = changes.back().step == change.step;
    change.anew = change.anew || (is_same && changes.back().anew);
    changes.pop_back();
  }
  changes.push_back(change);
}

std::string changes_text(const std::vector<ScheduleChange>& changes) {
  std::string text;
  for (const ScheduleChange& change : changes) {
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ",", change.step, change.anew ? '=' : ':',
                        change.total_steps);
  }
  return text;
}

std::vector<ScheduleChange> read_changes(std::string_view text) {
  std::vector<ScheduleChange> changes;
  const auto refuse = [&] {
    throw Error(ErrorKind::kUsage, "bad_value",
                fmt::format("--schedule-changes {}: not a list of changes", text),
                "write STEP:STEPS,… with rising steps, as in 100:950,400:900 or 400=900");
  };
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    const size_t colon = item.find_first_of(":=");
    if (colon == item.npos) refuse();
    const auto number = [&](std::string_view digits) {
      int64_t value = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || end != digits.data() + digits.size()) refuse();
      return value;
    };
    const ScheduleChange change{number(item.substr(0, colon)), number(item.substr(colon + 1)),
                                item[colon] == '='};
    const int64_t before = changes.empty() ? -1 : changes.back().step;
    if (change.step <= before || change.total_steps <= change.step) refuse();
    changes.push_back(change);
    if (item.size() == text.size()) break;
    text.remove_prefix(item.size() + 1);
    if (text.empty()) refuse();
  }
  return changes;
}

}  // namespace charrnn
