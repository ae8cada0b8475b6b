// The page: static files embedded in the program at build time.
#pragma once

#include <span>
#include <string_view>

#include "serve/http/http.h"

namespace charrnn {

struct PageFile {
  std::string_view path;  // without the leading slash, such as "assets/index.js"
  std::string_view type;
  std::string_view etag;   // in quotes; of the content
  std::string_view bytes;  // compressed with gzip
};

// In a file that cmake/embed_page.cmake writes.
std::span<const PageFile> page_files();

// Answers a GET or HEAD of a file of the page; false if there is none at this path.
bool serve_page(const ExchangePtr& exchange);

// Decompresses gzip data, for the rare client that does not accept gzip.
std::string gunzip(std::string_view bytes);

}  // namespace charrnn
