// Resolves the sources of a text to files, and reads their bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

// A byte stream that is read once, front to back.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The total size if the system knows it, else 0 (pipes, devices).
  virtual int64_t size_hint() const = 0;
  virtual bool can_be_read_again() const = 0;
  // Fills the front of `buffer`; returns the number of bytes, 0 at the end. Throws Error (kIo).
  virtual size_t read(std::span<char> buffer) = 0;
};

// "-" is standard input. Throws Error (kIo) for a system error. should_stop is polled when a signal
// has interrupted an open() or read(); true throws ReadingStopped.
std::unique_ptr<ByteSource> open_source(const std::string& name,
                                        const std::function<bool()>& should_stop = {});

struct SourceList {
  std::vector<std::string> files;  // names for open_source
  size_t hidden_skipped = 0;       // files and folders whose names begin with a dot
};

// Files and "-" stand for themselves. A folder stands for the input.txt in it or, when recursive,
// for all regular files below it in the order of their names' bytes (hidden ones and links to
// folders are left out). Throws Error: kData for a folder without a text, kIo for a system error.
SourceList list_sources(const std::vector<std::string>& names, bool recursive);

// "data/poem.txt" → "poem", "data/shakespeare/" → "shakespeare", "-" → "stdin", /dev/fd/63 →
// "pipe".
std::string source_title(const std::string& name);

}  // namespace charrnn
