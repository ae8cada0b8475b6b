// The page: static files that were put into the program when it was built.
#pragma once

#include <span>
#include <string_view>

#include "serve/http.h"

namespace charrnn {

struct PageFile {
  std::string_view path;  // without the leading slash, such as "assets/index.js"
  std::string_view type;
  std::string_view etag;   // in quotes; of the content
  std::string_view bytes;  // compressed with gzip
};

// In a file that cmake/embed_page.cmake writes.
std::span<const PageFile> page_files();

// Answers a GET or HEAD of a file of the page; false where there is none at this path.
bool serve_page(const ExchangePtr& exchange);

// Uncompresses what gzip made; for the rare client that doesn't take gzip.
std::string gunzip(std::string_view bytes);

}  // namespace charrnn
