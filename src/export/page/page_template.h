// The page without a model, as scripts/page.sh built it from web/export. It has the places
// {{title}},
// {{credits}}, {{model}} and {{tensors}}.
#pragma once

#include <string_view>

namespace charrnn {

// In a file that cmake/embed_text.cmake writes.
std::string_view page_template();

}  // namespace charrnn
