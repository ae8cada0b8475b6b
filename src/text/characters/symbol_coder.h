// Encodes characters as ids while a text is read; a sink for the UTF-8 decoder. Ids are assigned in
// order of first appearance and renumbered in vocabulary order at the end.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "text/characters/id_array.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

// What happens to a character before it is looked up.
struct SymbolRules {
  Encoding encoding = Encoding::kUtf8;
  bool lowercase = false;
  bool newline_lf = false;  // CRLF and CR become LF
};

class SymbolCoder {
 public:
  explicit SymbolCoder(const SymbolRules& rules);
  // Accepts only characters of the vocabulary, whose encoding and case rule apply.
  SymbolCoder(const Vocabulary& vocabulary, bool newline_lf);

  void ascii(std::string_view run);
  void symbol(char32_t symbol);
  void bytes(std::string_view run);  // each byte is a character
  void end_document();               // a CR at its end is followed by no LF

  void reserve(size_t ids) { ids_.reserve(ids); }
  size_t size() const { return ids_.size() + staged_; }
  int vocabulary_size() const { return static_cast<int>(symbols_.size()); }

  // Characters outside the given vocabulary: each once, in order of appearance, and their total
  // count. They are left out of the ids.
  const std::vector<char32_t>& unknown() const { return unknown_; }
  uint64_t unknown_count() const { return unknown_count_; }

  // Finishes: the vocabulary (sorted by code point unless one was given) and the ids.
  std::pair<Vocabulary, IdArray> finish();

 private:
  static constexpr int32_t kNew = -1;      // not seen so far
  static constexpr int32_t kForeign = -2;  // not in the vocabulary given
  using Page = std::array<int32_t, 256>;

  int32_t& entry(char32_t symbol);
  int32_t look_up(char32_t symbol);
  void append(char32_t symbol);
  void append_staged();
  void append_run(std::string_view run);
  template <class Id>
  bool append_known(std::string_view run, std::span<Id> out) const;

  SymbolRules rules_;
  bool fixed_ = false;                        // the vocabulary is given
  bool after_cr_ = false;                     // the last character was a CR that became LF
  Vocabulary vocabulary_;                     // where it is given
  std::vector<char32_t> symbols_;             // by id
  std::array<int32_t, 256> low_;              // id of each character below 256, or why none
  std::vector<std::unique_ptr<Page>> pages_;  // of the others, 256 per page
  IdArray ids_;
  std::array<int32_t, 1024> staging_;  // single ids, collected to be appended together
  size_t staged_ = 0;
  std::vector<char32_t> unknown_;
  uint64_t unknown_count_ = 0;
};

// The fast path of nearly every non-ASCII character (its page and id exist), hence inline.
inline void SymbolCoder::symbol(char32_t symbol) {
  after_cr_ = false;
  const Page* page = pages_[symbol / 256].get();
  if (page == nullptr || staged_ + 1 == staging_.size()) return append(symbol);
  const int32_t id = (*page)[symbol % 256];
  if (id < 0) return append(symbol);
  staging_[staged_++] = id;
}

}  // namespace charrnn
