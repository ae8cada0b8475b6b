#include "model/file/torch/zip_archive.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/crc32.h"
#include "base/error.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kLocal = "PK\x03\x04"sv;
constexpr std::string_view kEntry = "PK\x01\x02"sv;
constexpr std::string_view kEnd = "PK\x05\x06"sv;
constexpr std::string_view kEnd64 = "PK\x06\x06"sv;
constexpr std::string_view kLocator64 = "PK\x06\x07"sv;
constexpr uint64_t kLocalBytes = 30, kEntryBytes = 46, kEndBytes = 22, kLocatorBytes = 20;
constexpr uint64_t kMaxComment = 65535;
constexpr uint32_t kIn64 = 0xffffffff;    // the number stands in the extra field
constexpr uint16_t kExtra64 = 0x0001;     // that field's kind
constexpr uint16_t kEncrypted = 1 << 0;   // a flag
constexpr uint64_t kMaxMembers = 100000;  // a model has a few tensors in each layer

}  // namespace

ZipArchive::ZipArchive(std::string_view content, std::string path)
    : content_(content), path_(std::move(path)) {
  read_directory(find_directory());
}

void ZipArchive::fail(const std::string& why) const {
  throw Error(ErrorKind::kModel, "bad_zip", fmt::format("not a whole zip: {} ({})", why, path_),
              "the file is damaged or cut off; copy it again");
}

std::string_view ZipArchive::bytes(uint64_t begin, uint64_t size) const {
  if (begin > content_.size() || size > content_.size() - begin) {
    fail(fmt::format("it names bytes {} to {} of {}", begin, begin + size, content_.size()));
  }
  return content_.substr(begin, size);
}

template <class Number>
Number ZipArchive::number(uint64_t place) const {
  Number value;
  std::memcpy(&value, bytes(place, sizeof(Number)).data(), sizeof(Number));
  return value;
}

// The end record is the last that is followed by as many bytes as its comment has.
ZipArchive::Directory ZipArchive::find_directory() const {
  const uint64_t size = content_.size();
  for (uint64_t comment = 0; comment <= kMaxComment && kEndBytes + comment <= size; ++comment) {
    const uint64_t end = size - kEndBytes - comment;
    if (content_.substr(end, kEnd.size()) != kEnd) continue;
    if (number<uint16_t>(end + 20) != comment) continue;
    Directory directory{number<uint32_t>(end + 16), number<uint32_t>(end + 12),
                        number<uint16_t>(end + 10)};
    if (end < kLocatorBytes) return directory;
    const uint64_t locator = end - kLocatorBytes;
    if (content_.substr(locator, kLocator64.size()) != kLocator64) return directory;
    const auto end64 = number<uint64_t>(locator + 8);
    if (bytes(end64, kEnd64.size()) != kEnd64) fail("its ZIP64 record is not where it should be");
    return {number<uint64_t>(end64 + 48), number<uint64_t>(end64 + 40),
            number<uint64_t>(end64 + 32)};
  }
  fail("it has no directory at its end");
}

void ZipArchive::read_directory(const Directory& directory) {
  bytes(directory.begin, directory.size);
  if (directory.count > kMaxMembers) fail(fmt::format("it has {} members", directory.count));
  uint64_t at = directory.begin;
  for (uint64_t i = 0; i < directory.count; ++i) {
    if (bytes(at, kEntryBytes).substr(0, kEntry.size()) != kEntry) fail("its directory is damaged");
    Member member{number<uint32_t>(at + 42), number<uint32_t>(at + 24), number<uint32_t>(at + 16),
                  number<uint16_t>(at + 10), number<uint16_t>(at + 8)};
    const uint64_t name = number<uint16_t>(at + 28);
    const uint64_t extra = number<uint16_t>(at + 30);
    const uint64_t comment = number<uint16_t>(at + 32);
    bool packed_in_64 = number<uint32_t>(at + 20) == kIn64;
    for (uint64_t field = at + kEntryBytes + name, end = field + extra; field + 4 <= end;) {
      uint64_t value = field + 4;
      const uint64_t next = value + number<uint16_t>(field + 2);
      if (number<uint16_t>(field) == kExtra64) {
        // In this order, and only those that don't fit: size, packed size, place.
        const auto take = [&](uint64_t& whole) {
          if (value + 8 > next) fail("its ZIP64 fields are damaged");
          whole = number<uint64_t>(value);
          value += 8;
        };
        uint64_t packed = 0;
        if (member.size == kIn64) take(member.size);
        if (packed_in_64) take(packed);
        if (member.header == kIn64) take(member.header);
      }
      field = next;
    }
    const std::string key(bytes(at + kEntryBytes, name));
    if (!members_.emplace(key, member).second) fail(fmt::format("it has {} twice", in_quotes(key)));
    at += kEntryBytes + name + extra + comment;
  }
}

std::string_view ZipArchive::read(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) fail(fmt::format("it has no {}", in_quotes(name)));
  const Member& member = found->second;
  if (member.method != 0 || (member.flags & kEncrypted) != 0) {
    throw Error(ErrorKind::kModel, "bad_zip",
                fmt::format("{} is compressed or encrypted in the zip, which PyTorch does not do "
                            "({})",
                            in_quotes(name), path_),
                "write it with torch.save");
  }
  if (bytes(member.header, kLocalBytes).substr(0, kLocal.size()) != kLocal) {
    fail(fmt::format("{} is not where its directory says", in_quotes(name)));
  }
  const std::string_view data =
      bytes(member.header + kLocalBytes + number<uint16_t>(member.header + 26) +
                number<uint16_t>(member.header + 28),
            member.size);
  if (crc32(data) != member.crc) {
    fail(fmt::format("the checksum of {} is another (CRC-32)", in_quotes(name)));
  }
  return data;
}

}  // namespace charrnn
