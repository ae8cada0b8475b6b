// What one request may ask for.
#pragma once

#include <cstdint>

namespace charrnn {

constexpr double kMaxPromptCharacters = 262144;  // characters
constexpr double kMaxCharacters = 1 << 20;       // generated
constexpr double kMaxInspected = 16384;          // characters of an inspected text
constexpr int64_t kMaxCounted = 1 << 20;  // bytes of a run's text that an n-gram model counts
constexpr int kMaxTexts = 1024;           // of one request
constexpr int kMaxTextsPerPrompt = 128;
constexpr int kTextsAtOnce = 16;  // of one request; its others wait for these
constexpr int kMaxStops = 16;
constexpr int64_t kMaxRequestCharacters = 16 << 20;       // generated, of all texts
constexpr int64_t kMaxRequestPromptCharacters = 4 << 20;  // of all texts
constexpr int kMaxAlternatives = 100;
constexpr int64_t kMaxReplyBytes = 256 << 20;  // of memory, for one reply that is sent whole
constexpr int64_t kMaxWorkBytes = 512 << 20;   // of memory, for the values it is computed from
constexpr int64_t kMaxConfig = 1 << 20;        // bytes of a run's config.toml

}  // namespace charrnn
