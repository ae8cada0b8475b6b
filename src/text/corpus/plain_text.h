// A short text in memory, such as a prompt, by the rules by which a corpus is read.
#pragma once

#include <string>
#include <string_view>

#include "text/corpus/corpus.h"

namespace charrnn {

// bytes: as they were read. Drops a byte order mark; refuses what is no text in the encoding of the
// options with an Error (kData). where, file: as for CorpusReader::read.
std::string plain_text(std::string_view bytes, const CorpusOptions& options, std::string_view where,
                       std::string_view file = {});

// CRLF and CR become LF.
std::string with_line_feeds(std::string_view text);

}  // namespace charrnn
