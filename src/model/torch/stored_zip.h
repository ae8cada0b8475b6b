// Reads ZIP archives whose files are stored, not compressed, as PyTorch writes them.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace charrnn {

class StoredZip {
 public:
  // Borrows the content, a whole archive; path is for messages. Everything but the checksums is
  // checked here. All errors are Error (kModel).
  StoredZip(std::string_view content, std::string path);

  // A file's bytes, whose CRC-32 is checked the first time. Throws where there is none.
  std::string_view read(const std::string& name);
  bool contains(const std::string& name) const { return members_.contains(name); }
  // The one file /NAME in a top-level folder of the archive, as `archive/data.pkl`. Empty where
  // there is none; throws where there are several.
  std::string find_in_folder(std::string_view name) const;

 private:
  struct Member {
    std::string_view data;
    uint32_t crc = 0;
    bool is_checked = false;
  };

  [[noreturn]] void fail(const std::string& why) const;
  template <class Number>
  Number number(uint64_t position) const;
  std::string_view part(uint64_t position, uint64_t size) const;
  uint64_t find_end() const;
  uint64_t add_member(uint64_t position);
  std::string_view data_of(uint64_t header, uint64_t size) const;

  std::string_view content_;
  std::string path_;
  std::map<std::string, Member, std::less<>> members_;
};

}  // namespace charrnn
