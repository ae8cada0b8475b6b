// One JSON object, as a line of a log has it, read without a tree: its members, of which numbers
// are kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace charrnn {

struct FlatMember {
  std::string name;
  JsonKind kind = JsonKind::kNull;
  double number = 0;  // of a kind that is a number
  bool is_number() const { return kind >= JsonKind::kInteger && kind <= JsonKind::kReal; }
};

// The members of the object itself, in order, into `members`. False where the text is not one JSON
// object, has a name twice, or has more than kMaxFlatMembers. Throws nothing that JSON causes.
bool read_flat_object(std::string_view text, std::vector<FlatMember>& members);

constexpr size_t kMaxFlatMembers = 256;

// nullptr where there is none.
const FlatMember* find_member(const std::vector<FlatMember>& members, std::string_view name);

}  // namespace charrnn
