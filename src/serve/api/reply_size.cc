#include "serve/api/reply_size.h"

#include <fmt/core.h>

#include "base/short_number.h"
#include "serve/http/api_error.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

// Bytes of memory at the peak: the value as it is computed, as it stands in the reply, and what
// growing strings and arrays take beyond their content.
double bytes_of(ReplyPart part) {
  switch (part) {
    case ReplyPart::kCharacter:
      return 12;  // of up to four bytes
    case ReplyPart::kScored:
      return 400;
    case ReplyPart::kAlternative:
      return 150;
    case ReplyPart::kToken:
      return 250;
    case ReplyPart::kNumber:
      return 60;
    case ReplyPart::kFloat:
      return sizeof(float);
    case ReplyPart::kByte:
      break;
  }
  return 1;
}

double product(std::initializer_list<int64_t> extents) {
  double count = 1;
  for (const int64_t extent : extents) count *= static_cast<double>(extent);
  return count;
}

void check_bytes(double bytes, int64_t most, const char* what, const std::string& param,
                 std::string_view advice) {
  if (bytes <= static_cast<double>(most)) return;
  throw ApiError(400,
                 fmt::format("{} would take {} of memory, and {} is the limit; {}", what,
                             byte_size(bytes), byte_size(static_cast<double>(most)), advice),
                 param, "too_much");
}

}  // namespace

ReplySize& ReplySize::add(ReplyPart part, std::initializer_list<int64_t> extents) {
  bytes_ += bytes_of(part) * product(extents);
  return *this;
}

void ReplySize::check(const std::string& param, std::string_view advice) const {
  check_bytes(bytes_, kMaxReplyBytes, "this reply", param, advice);
}

void check_work_size(std::initializer_list<int64_t> extents, const std::string& param,
                     std::string_view advice) {
  check_bytes(product(extents) * sizeof(float), kMaxWorkBytes, "computing this", param, advice);
}

}  // namespace charrnn
