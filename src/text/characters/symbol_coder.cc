#include "text/characters/symbol_coder.h"

#include <algorithm>
#include <numeric>

#include "text/characters/lower_case.h"
#include "text/characters/utf8.h"

namespace charrnn {

SymbolCoder::SymbolCoder(const SymbolRules& rules)
    : rules_(rules), pages_(kMaxCodePoint / 256 + 1) {
  low_.fill(kNew);
}

SymbolCoder::SymbolCoder(const Vocabulary& vocabulary, bool newline_lf)
    : SymbolCoder(SymbolRules{vocabulary.encoding(), vocabulary.lowercase(), newline_lf}) {
  fixed_ = true;
  vocabulary_ = vocabulary;
  symbols_ = vocabulary.symbols();
  ids_ = IdArray(vocabulary.size());
}

int32_t& SymbolCoder::entry(char32_t symbol) {
  if (symbol < 256) return low_[symbol];
  std::unique_ptr<Page>& page = pages_[symbol / 256];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    page->fill(kNew);
  }
  return (*page)[symbol % 256];
}

// The table holds characters as they are read; lower-casing is part of looking up a new one.
int32_t SymbolCoder::look_up(char32_t symbol) {
  int32_t& known = entry(symbol);
  if (known != kNew) return known;
  const char32_t meant = rules_.lowercase ? lower_case(symbol, rules_.encoding) : symbol;
  if (fixed_) {
    known = vocabulary_.find(meant).value_or(kForeign);
    if (known == kForeign && std::find(unknown_.begin(), unknown_.end(), meant) == unknown_.end()) {
      unknown_.push_back(meant);
    }
  } else if (meant != symbol) {
    known = look_up(meant);
  } else {
    known = static_cast<int32_t>(symbols_.size());
    symbols_.push_back(symbol);
    ids_.grow_vocabulary(static_cast<int64_t>(symbols_.size()));
  }
  return known;
}

void SymbolCoder::append(char32_t symbol) {
  const int32_t id = look_up(symbol);
  if (id == kForeign) {
    ++unknown_count_;
    return;
  }
  staging_[staged_++] = id;
  if (staged_ == staging_.size()) append_staged();
}

void SymbolCoder::append_staged() {
  const size_t size = ids_.size();
  ids_.extend(staged_);
  ids_.visit([&]<class Id>(std::span<Id> ids) {
    for (size_t i = 0; i < staged_; ++i) ids[size + i] = static_cast<Id>(staging_[i]);
  });
  staged_ = 0;
}

void SymbolCoder::end_document() { after_cr_ = false; }

void SymbolCoder::bytes(std::string_view run) { ascii(run); }

void SymbolCoder::ascii(std::string_view run) {
  if (!rules_.newline_lf) return append_run(run);
  while (!run.empty()) {
    if (after_cr_ && run.front() == '\n') run.remove_prefix(1);
    after_cr_ = false;
    const size_t cr = run.find('\r');
    append_run(run.substr(0, cr));
    if (cr == std::string_view::npos) return;
    append('\n');
    after_cr_ = true;
    run.remove_prefix(cr + 1);
  }
}

// Writes the ids of the run; false where one of its characters has none yet.
template <class Id>
bool SymbolCoder::append_known(std::string_view run, std::span<Id> out) const {
  int32_t any = 0;
  for (size_t i = 0; i < run.size(); ++i) {
    const int32_t id = low_[static_cast<uint8_t>(run[i])];
    any |= id;
    out[i] = static_cast<Id>(id);
  }
  return any >= 0;
}

void SymbolCoder::append_run(std::string_view run) {
  constexpr size_t kBlock = 4096, kShort = 32;
  if (run.size() < kShort) {
    for (const char byte : run) append(static_cast<uint8_t>(byte));
    return;
  }
  append_staged();
  while (!run.empty()) {
    const std::string_view block = run.substr(0, kBlock);
    const size_t size = ids_.size();
    ids_.extend(block.size());
    const bool known = ids_.visit([&](auto ids) { return append_known(block, ids.subspan(size)); });
    if (!known) {
      ids_.truncate(size);
      for (const char byte : block) append(static_cast<uint8_t>(byte));
      append_staged();
    }
    run.remove_prefix(block.size());
  }
}

std::pair<Vocabulary, IdArray> SymbolCoder::finish() {
  append_staged();
  ids_.shrink_to_fit();
  if (fixed_) return {std::move(vocabulary_), std::move(ids_)};
  std::vector<int32_t> order(symbols_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return symbols_[a] < symbols_[b]; });
  std::vector<int32_t> new_ids(symbols_.size());
  for (size_t i = 0; i < order.size(); ++i) new_ids[order[i]] = static_cast<int32_t>(i);
  ids_.renumber(new_ids);
  std::sort(symbols_.begin(), symbols_.end());
  return {Vocabulary(std::move(symbols_), rules_.encoding, rules_.lowercase), std::move(ids_)};
}

}  // namespace charrnn
