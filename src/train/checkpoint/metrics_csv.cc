#include "train/checkpoint/metrics_csv.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/files/lines.h"
#include "base/json/flat_object.h"

namespace charrnn {
namespace {

constexpr size_t kLongestReport = 64 << 10;  // bytes; a longer one is none that charrnn wrote

// Names that need no quotes and do nothing to a terminal or a spreadsheet.
bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// The shortest text that reads as the same number.
std::string number_text(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

void for_each_report(const std::string& path,
                     const std::function<void(const std::vector<FlatMember>&)>& action) {
  std::vector<FlatMember> members;
  for_each_line(path, {.longest = kLongestReport}, [&](std::string_view line, int64_t) {
    if (read_flat_object(line, members) && find_member(members, "step") != nullptr) action(members);
  });
}

}  // namespace

void write_metrics_csv(const std::string& path,
                       const std::function<void(std::string_view)>& write) {
  std::vector<std::string> columns;
  for_each_report(path, [&columns](const std::vector<FlatMember>& report) {
    for (const FlatMember& member : report) {
      if (columns.size() < kMaxFlatMembers && is_plain(member.name) &&
          (member.is_number() || member.kind == JsonKind::kNull) &&
          std::ranges::find(columns, member.name) == columns.end()) {
        columns.push_back(member.name);
      }
    }
  });
  const auto write_row = [&](const auto& field) {
    std::string row;
    for (const std::string& column : columns) {
      if (&column != &columns.front()) row += ',';
      row += field(column);
    }
    write(row + "\r\n");
  };
  if (columns.empty()) return;
  write_row([](const std::string& column) { return column; });
  for_each_report(path, [&write_row](const std::vector<FlatMember>& report) {
    write_row([&report](const std::string& column) {
      const FlatMember* member = find_member(report, column);
      return member != nullptr && member->is_number() ? number_text(member->number) : std::string();
    });
  });
}

}  // namespace charrnn
