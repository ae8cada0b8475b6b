// Which encoding bytes are in that are not UTF-8, as far as they tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace charrnn {

// As iconv calls it: UTF-16LE, WINDOWS-1252, …; empty where the bytes point to none, and for UTF-8
// that is damaged in a few places. offset: of the sample in its file, in bytes.
std::string guess_encoding(std::string_view sample, uint64_t offset = 0);

// A sample of so many bytes is enough.
constexpr size_t kEncodingSample = size_t{1} << 16;

}  // namespace charrnn
