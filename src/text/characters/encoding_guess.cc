#include "text/characters/encoding_guess.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "text/characters/utf8.h"

namespace charrnn {
namespace {

using namespace std::string_view_literals;
using Counts = std::array<uint64_t, 256>;

// How often each byte occurs at places `first`, `first` + step, … of the file.
Counts count_bytes(std::string_view sample, uint64_t offset, uint64_t first, uint64_t step) {
  Counts counts{};
  for (size_t i = 0; i < sample.size(); ++i) {
    if ((offset + i) % step == first) ++counts[static_cast<uint8_t>(sample[i])];
  }
  return counts;
}

uint64_t sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

uint64_t sum(const Counts& counts, std::string_view bytes) {
  uint64_t total = 0;
  for (const char byte : bytes) total += counts[static_cast<uint8_t>(byte)];
  return total;
}

// Of all, the share that the two most frequent bytes have.
double share_of_two(Counts counts) {
  const auto all = static_cast<double>(sum(counts));
  std::partial_sort(counts.begin(), counts.begin() + 2, counts.end(), std::greater<>());
  return static_cast<double>(counts[0] + counts[1]) / all;
}

// In UTF-16 one byte of each pair is nearly always the alphabet's or zero, the other varies; in
// UTF-32 two of four are zero.
std::string guess_wide(std::string_view sample, uint64_t offset) {
  constexpr size_t kLeast = 8;
  constexpr double kAlphabet = 0.9, kVaried = 0.8;
  if (sample.size() < kLeast) return {};
  std::array<Counts, 4> of_four;
  for (uint64_t place = 0; place < 4; ++place) {
    of_four[place] = count_bytes(sample, offset, place, 4);
  }
  const auto is_zero = [&](int place) { return of_four[place][0] == sum(of_four[place]); };
  if (is_zero(2) && is_zero(3)) return "UTF-32LE";
  if (is_zero(0) && is_zero(1)) return "UTF-32BE";
  const Counts even = count_bytes(sample, offset, 0, 2), odd = count_bytes(sample, offset, 1, 2);
  const auto is_wide = [](const Counts& high, const Counts& low) {
    return high[0] > 0 && share_of_two(high) >= kAlphabet && share_of_two(low) <= kVaried &&
           low[' '] + low['\n'] > 0;
  };
  if (is_wide(odd, even)) return "UTF-16LE";
  if (is_wide(even, odd)) return "UTF-16BE";
  return {};
}

// Whether the sample is UTF-8 but for fewer bad places than there are good sequences.
bool is_damaged_utf8(std::string_view sample) {
  struct Sink {
    uint64_t good = 0;
    void ascii(std::string_view) {}
    void symbol(char32_t symbol) { good += symbol == kReplacementCharacter ? 0 : 1; }
  } sink;
  Utf8Decoder decoder;
  decoder.feed(sample, sink);
  decoder.finish(sink);
  return sink.good > decoder.faults();
}

// The eight most frequent letters of a language in an encoding.
struct Alphabet {
  std::string_view encoding;
  std::string_view letters;
};
constexpr std::array<Alphabet, 4> kAlphabets = {{
    {"WINDOWS-1251", "\xEE\xE5\xE0\xE8\xED\xF2\xF1\xF0"sv},  // Russian оеаинтср
    {"KOI8-R", "\xCF\xC5\xC1\xC9\xCE\xD4\xD3\xD2"sv},
    {"CP866", "\xAE\xA5\xA0\xA8\xAD\xE2\xE1\xE0"sv},
    {"WINDOWS-1253", "\xE1\xEF\xE9\xE5\xF4\xF3\xED\xF0"sv},  // Greek αοιετσνπ
}};

std::string guess_alphabet(const Counts& counts, uint64_t high) {
  constexpr double kFrequent = 0.38;  // of the letters; ordinary prose has 0.45 to 0.65
  const auto best = std::max_element(kAlphabets.begin(), kAlphabets.end(),
                                     [&](const Alphabet& a, const Alphabet& b) {
                                       return sum(counts, a.letters) < sum(counts, b.letters);
                                     });
  const auto share = static_cast<double>(sum(counts, best->letters)) / static_cast<double>(high);
  return share >= kFrequent ? std::string(best->encoding) : std::string();
}

bool is_letter(char byte) { return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'; }

// Whether it stands in words; those of both encodings.
bool is_word(char byte) { return is_letter(byte) || static_cast<uint8_t>(byte) >= 0xC0; }

// Latin letters with some beyond ASCII. What are signs in Windows-1252 are letters in Windows-1250.
std::string guess_latin(std::string_view sample, const Counts& counts) {
  constexpr auto kNotIn1252 = "\x81\x8D\x8F\x90\x9D"sv, kNotIn1250 = "\x81\x83\x88\x90\x98"sv;
  uint64_t signs_in_words = 0, letters_in_words = 0;
  for (size_t i = 1; i + 1 < sample.size(); ++i) {
    const auto byte = static_cast<uint8_t>(sample[i]);
    if (byte < 0x80 || !is_word(sample[i - 1]) || !is_word(sample[i + 1])) continue;
    const bool is_joint = byte == 0x92 || byte == 0x96 || byte == 0x97 || byte == 0xAD ||
                          byte == 0xB7;  // ’ – — soft hyphen ·
    if (is_joint) continue;
    const bool is_1252_letter =
        byte >= 0xC0 || "\x8A\x8C\x8E\x9A\x9C\x9E\x9F"sv.find(sample[i]) != std::string_view::npos;
    ++(is_1252_letter ? letters_in_words : signs_in_words);
  }
  if (4 * signs_in_words > signs_in_words + letters_in_words) {
    return sum(counts, kNotIn1250) == 0 ? "WINDOWS-1250" : "";
  }
  return sum(counts, kNotIn1252) == 0 ? "WINDOWS-1252" : "";
}

}  // namespace

std::string guess_encoding(std::string_view sample, uint64_t offset) {
  constexpr double kLatin = 0.5;  // of the letters, at most so many are beyond ASCII
  sample = sample.substr(0, kEncodingSample);
  if (std::string wide = guess_wide(sample, offset); !wide.empty()) return wide;
  if (is_damaged_utf8(sample)) return {};
  const Counts counts = count_bytes(sample, 0, 0, 1);
  if (counts[0] > 0) return {};  // no text
  const auto high = std::accumulate(counts.begin() + 0x80, counts.end(), uint64_t{0});
  const auto letters =
      static_cast<uint64_t>(std::count_if(sample.begin(), sample.end(), is_letter));
  if (high == 0) return {};
  if (static_cast<double>(high) > kLatin * static_cast<double>(high + letters)) {
    return guess_alphabet(counts, high);
  }
  return guess_latin(sample, counts);
}

}  // namespace charrnn
