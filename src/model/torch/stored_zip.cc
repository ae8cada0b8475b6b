#include "model/torch/stored_zip.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/crc32.h"
#include "base/error.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

// Sizes of the records without their variable parts, and their signatures.
constexpr uint64_t kEndSize = 22, kEntrySize = 46, kHeaderSize = 30;
constexpr uint32_t kEndSignature = 0x06054B50, kEntrySignature = 0x02014B50,
                   kHeaderSignature = 0x04034B50;
constexpr uint64_t kMaxComment = 0xFFFF;
constexpr uint16_t kEncrypted = 1;  // a flag
// In place of a value that the ZIP64 records hold.
constexpr uint32_t kInZip64 = 0xFFFFFFFF;
constexpr uint16_t kManyInZip64 = 0xFFFF;

}  // namespace

void StoredZip::fail(const std::string& why) const {
  throw Error(ErrorKind::kModel, "bad_zip", fmt::format("not a usable zip: {} ({})", why, path_),
              "the file is damaged, cut off or of another kind; copy it again, or save it again "
              "with torch.save(model.state_dict(), FILE)");
}

std::string_view StoredZip::part(uint64_t position, uint64_t size) const {
  if (position > content_.size() || size > content_.size() - position) {
    fail("a part of it lies beyond its end");
  }
  return content_.substr(position, size);
}

template <class Number>
Number StoredZip::number(uint64_t position) const {
  Number value;
  std::memcpy(&value, part(position, sizeof(value)).data(), sizeof(value));
  return value;
}

// The end record is the last but for a comment, whose length it holds.
uint64_t StoredZip::find_end() const {
  if (content_.size() < kEndSize) fail("it is cut off");
  const uint64_t last = content_.size() - kEndSize;
  const uint64_t first = last - std::min(last, kMaxComment);
  for (uint64_t position = last + 1; position-- > first;) {
    if (number<uint32_t>(position) == kEndSignature &&
        number<uint16_t>(position + 20) == last - position) {
      return position;
    }
  }
  fail("it has no list of its files");
}

StoredZip::StoredZip(std::string_view content, std::string path)
    : content_(content), path_(std::move(path)) {
  const uint64_t end = find_end();
  const auto count = number<uint16_t>(end + 10);
  const auto begin = number<uint32_t>(end + 16);
  if (count == kManyInZip64 || begin == kInZip64) fail("it is larger than 4 GB");
  uint64_t position = begin;
  for (int i = 0; i < count; ++i) position = add_member(position);
}

// Returns the position of the next entry.
uint64_t StoredZip::add_member(uint64_t position) {
  if (number<uint32_t>(position) != kEntrySignature) fail("the list of its files is damaged");
  const auto flags = number<uint16_t>(position + 8);
  const auto method = number<uint16_t>(position + 10);
  const auto packed = number<uint32_t>(position + 20);
  const auto size = number<uint32_t>(position + 24);
  const auto header = number<uint32_t>(position + 42);
  const uint64_t name_size = number<uint16_t>(position + 28);
  const uint64_t rest = uint64_t{number<uint16_t>(position + 30)} + number<uint16_t>(position + 32);
  const std::string name(part(position + kEntrySize, name_size));
  if (size == kInZip64 || packed == kInZip64 || header == kInZip64) fail("it is larger than 4 GB");
  if ((flags & kEncrypted) != 0) fail(fmt::format("{} is encrypted", in_quotes(name)));
  if (method != 0 || packed != size) {
    fail(fmt::format("{} is compressed, which PyTorch's files are not", in_quotes(name)));
  }
  if (!members_.emplace(name, Member{data_of(header, size), number<uint32_t>(position + 16)})
           .second) {
    fail(fmt::format("it has {} twice", in_quotes(name)));
  }
  return position + kEntrySize + name_size + rest;
}

std::string_view StoredZip::data_of(uint64_t header, uint64_t size) const {
  if (number<uint32_t>(header) != kHeaderSignature) fail("the list of its files is damaged");
  const uint64_t name_size = number<uint16_t>(header + 26);
  const uint64_t extra_size = number<uint16_t>(header + 28);
  return part(header + kHeaderSize + name_size + extra_size, size);
}

std::string_view StoredZip::read(const std::string& name) {
  const auto found = members_.find(name);
  if (found == members_.end()) fail(fmt::format("it lacks {}", in_quotes(name)));
  Member& member = found->second;
  if (!member.is_checked && crc32(member.data) != member.crc) {
    fail(fmt::format("the checksum of {} is wrong", in_quotes(name)));
  }
  member.is_checked = true;
  return member.data;
}

std::string StoredZip::find_in_folder(std::string_view name) const {
  std::string found;
  for (const auto& [path, member] : members_) {
    const size_t slash = path.find('/');
    if (slash == path.npos || std::string_view(path).substr(slash + 1) != name) continue;
    if (!found.empty())
      fail(fmt::format("it has both {} and {}", in_quotes(found), in_quotes(path)));
    found = path;
  }
  return found;
}

}  // namespace charrnn
