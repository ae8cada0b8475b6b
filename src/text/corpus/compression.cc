#include "text/corpus/compression.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <vector>

#include "base/error.h"
#include "base/huge_memory.h"

namespace charrnn {
namespace {

void* allocate_items(void*, size_t count, size_t bytes) {
  if (bytes != 0 && count > std::numeric_limits<size_t>::max() / bytes) return nullptr;
  return huge_malloc(std::max<size_t>(count * bytes, 1));
}
void free_items(void*, void* memory) { std::free(memory); }

// The match finder reads its tables at random places.
constexpr lzma_allocator kHugeMemory = {allocate_items, free_items, nullptr};

// An LZMA2 encoder that counts its output and discards it.
class Compressor {
 public:
  // dictionary: how many bytes back it may refer.
  Compressor(size_t dictionary, bool quick) {
    check(!lzma_lzma_preset(&options_, quick ? 1 : 9 | LZMA_PRESET_EXTREME),
          "liblzma has the preset");
    options_.dict_size =
        static_cast<uint32_t>(std::clamp<size_t>(dictionary, LZMA_DICT_SIZE_MIN, 1u << 28));
    const std::array<lzma_filter, 2> filters = {
        {{LZMA_FILTER_LZMA2, &options_}, {LZMA_VLI_UNKNOWN, nullptr}}};
    stream_.allocator = &kHugeMemory;
    const lzma_ret result = lzma_raw_encoder(&stream_, filters.data());
    if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
    check(result == LZMA_OK, "liblzma makes an LZMA2 encoder");
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { lzma_end(&stream_); }

  // Takes all of the text; the action is LZMA_RUN, LZMA_SYNC_FLUSH or LZMA_FINISH.
  void take(std::string_view text, lzma_action action) {
    stream_.next_in = reinterpret_cast<const uint8_t*>(text.data());
    stream_.avail_in = text.size();
    std::array<uint8_t, 1 << 16> dropped;
    while (true) {
      stream_.next_out = dropped.data();
      stream_.avail_out = dropped.size();
      const lzma_ret result = lzma_code(&stream_, action);
      if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
      if (result == LZMA_STREAM_END) return;
      check(result == LZMA_OK, "liblzma compresses a text");
      if (action == LZMA_RUN && stream_.avail_in == 0) return;
    }
  }
  uint64_t bytes_out() const { return stream_.total_out; }

 private:
  lzma_options_lzma options_ = {};
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

// False if it was told to stop.
bool take_part(Compressor& compressor, const Vocabulary& vocabulary, IdView part,
               lzma_action last_action, const std::function<bool()>& should_stop) {
  std::vector<int32_t> ids;
  constexpr auto kBlock = static_cast<size_t>(kCompressionBlock);
  for (size_t begin = 0; begin < part.size; begin += kBlock) {
    if (should_stop && should_stop()) return false;
    ids.resize(std::min(kBlock, part.size - begin));
    part.copy(begin, ids);
    compressor.take(vocabulary.text(ids), LZMA_RUN);
  }
  compressor.take({}, last_action);
  return true;
}

}  // namespace

CompressionReport compression_report(const Vocabulary& vocabulary, IdView training, IdView scored,
                                     const CompressionLimits& limits,
                                     const std::function<bool()>& should_stop) {
  const size_t seen = std::min(training.size, limits.max_training);
  const size_t kept = std::min(scored.size, limits.max_scored);
  training = training.part(training.size - seen, seen);
  scored = scored.part(0, kept);
  CompressionReport report;
  report.training_characters = static_cast<int64_t>(seen);
  if (kept == 0) return report;
  const size_t bytes_per_character = vocabulary.encoding() == Encoding::kBytes ? 1 : 4;
  Compressor compressor((seen + kept) * bytes_per_character, limits.quick);
  if (!take_part(compressor, vocabulary, training, LZMA_SYNC_FLUSH, should_stop)) return report;
  const uint64_t before = compressor.bytes_out();
  if (!take_part(compressor, vocabulary, scored, LZMA_FINISH, should_stop)) return report;
  report.scored_characters = static_cast<int64_t>(kept);
  report.bits_per_character =
      8 * static_cast<double>(compressor.bytes_out() - before) / static_cast<double>(kept);
  return report;
}

}  // namespace charrnn
