// Whole files: read within a limit, replaced so that a crash at any moment leaves the old or the
// new one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "base/files/file_system.h"

namespace charrnn {

// Throws Error (kIo): "cannot DOING: WORDS OF THE SYSTEM (PATH)", with a hint for the usual causes.
[[noreturn]] void throw_io_error(int error_number, std::string_view doing, const std::string& path);

// Reads a regular file. Throws Error: kIo for a system error, kIo ("not_a_file") for anything but a
// regular file (without blocking on it), kLimit above max_bytes.
std::string read_file(const std::string& path,
                      uint64_t max_bytes = std::numeric_limits<int64_t>::max());

// Produces a file's content piece by piece, so that it need not be in memory at once.
using FileContent = std::function<void(const std::function<void(std::string_view)>& write)>;

// Replaces a file atomically and durably: a temporary file in the same folder is written, synced,
// closed and renamed, then the folder is synced. Only a regular file is replaced, never a symbolic
// link or what it leads to. If it throws (Error kIo, or whatever `content` throws), the temporary
// is removed and the file is the old one, or the new one if only the last sync failed.
void replace_file(const std::string& path, const FileContent& content,
                  FileSystem& files = real_file_system());
void replace_file(const std::string& path, std::string_view content,
                  FileSystem& files = real_file_system());

// How the names of temporaries begin.
inline constexpr std::string_view kTemporaryPrefix = ".charrnn.tmp.";

// Reads a whole regular file that is open; path is for messages. The same errors.
std::string read_open_file(int descriptor, const std::string& path,
                           uint64_t max_bytes = std::numeric_limits<int64_t>::max());

// Throws Error (kIo) where this st_mode (FileSystem::mode; below 0 an error) is not that of a
// regular file, or of none.
void must_be_regular(int mode, std::string_view doing, const std::string& path);

// The folder part of a path; "." if it has none.
std::string folder_of(const std::string& path);

}  // namespace charrnn
