// Any bytes as a line of metrics.jsonl: the members of an object, as the reader of whole JSON texts
// has them, or nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/json/flat_object.h"
#include "base/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<FlatMember> members;
  const bool is_object = read_flat_object(text, members);
  try {
    const JsonValue value = parse_json(text);
    if (is_object != (value.is_object() && value.size() <= kMaxFlatMembers)) std::abort();
    if (!is_object) return 0;
    if (members.size() != value.size()) std::abort();
    for (const FlatMember& member : members) {
      const JsonValue& same = value.at(member.name);
      if (member.is_number() != same.is_number()) std::abort();
      if (member.is_number() && member.number != same.get<double>()) std::abort();
    }
  } catch (const JsonError&) {
    if (is_object) std::abort();
  }
  return 0;
}
