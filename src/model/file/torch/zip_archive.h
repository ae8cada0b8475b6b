// The members of a ZIP archive that are stored as they are, as PyTorch writes its files: nothing is
// unpacked. Format: PKWARE's APPNOTE.TXT 6.3, with ZIP64.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace charrnn {

class ZipArchive {
 public:
  // Borrows the content, a whole file; path is for messages. Reads the directory at its end, whose
  // size bounds the memory. Throws Error (kModel).
  ZipArchive(std::string_view content, std::string path);

  // Their names, each once, in order of the alphabet.
  struct Member {
    uint64_t header = 0;  // where its local header begins
    uint64_t size = 0;    // in bytes
    uint32_t crc = 0;
    uint16_t method = 0;  // 0: stored
    uint16_t flags = 0;
  };
  const std::map<std::string, Member, std::less<>>& members() const { return members_; }

  // A member's bytes, within the content. Throws Error (kModel) where there is no such member,
  // where it is compressed or encrypted, and where its CRC-32 is another.
  std::string_view read(std::string_view name) const;

 private:
  struct Directory {
    uint64_t begin = 0;
    uint64_t size = 0;
    uint64_t count = 0;
  };
  Directory find_directory() const;
  void read_directory(const Directory& directory);
  // Little-endian, at a place in the content; throws where it has no such place.
  template <class Number>
  Number number(uint64_t place) const;
  std::string_view bytes(uint64_t begin, uint64_t size) const;
  [[noreturn]] void fail(const std::string& why) const;

  std::string_view content_;
  std::string path_;
  std::map<std::string, Member, std::less<>> members_;
};

}  // namespace charrnn
