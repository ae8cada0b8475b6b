// How much memory a reply takes, computed from the request before any work: an endpoint whose reply
// or work grows with its request adds up what these consist of, and is held to one limit for each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace charrnn {

// One of the things that replies consist of.
enum class ReplyPart {
  kCharacter,    // of a generated text that is sent whole
  kScored,       // a character with its log probability, in JSON
  kAlternative,  // one of the likeliest characters in the place of another, in JSON
  kToken,        // an id or an id and its piece, in JSON
  kNumber,       // in JSON
  kFloat,        // in a binary array
  kByte,         // in a binary array
};

class ReplySize {
 public:
  // As many of these as the product of the extents says.
  ReplySize& add(ReplyPart part, std::initializer_list<int64_t> extents);

  double bytes() const { return bytes_; }  // at the peak, while the reply is put together

  // Throws ApiError (400, too_much) above kMaxReplyBytes. param: the field to blame; advice: what
  // makes the reply smaller, as in "ask for fewer layers".
  void check(const std::string& param, std::string_view advice) const;

 private:
  double bytes_ = 0;
};

// Throws ApiError (400, too_much) where computing a reply needs more than kMaxWorkBytes: as many
// floats as the product of the extents says.
void check_work_size(std::initializer_list<int64_t> extents, const std::string& param,
                     std::string_view advice);

}  // namespace charrnn
