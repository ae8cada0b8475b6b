#include "serve/page.h"

#include <zlib.h>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr size_t kMaxBytes = 64 << 20;

const PageFile* find_file(const Request& request) {
  std::string path;
  for (const std::string& segment : request.path) {
    if (&segment != &request.path.front()) path += '/';
    path += segment;
  }
  if (path.empty()) path = "index.html";
  for (const PageFile& file : page_files()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

// Whether a list-valued header contains this value.
bool lists(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, end);
    item = item.substr(0, item.find(';'));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == name) return true;
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return false;
}

}  // namespace

std::string gunzip(std::string_view bytes) {
  z_stream stream = {};
  check(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK, "zlib starts");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  char chunk[16 << 10];
  int state = Z_OK;
  while (state == Z_OK && text.size() < kMaxBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof(chunk);
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(chunk, sizeof(chunk) - stream.avail_out);
  }
  inflateEnd(&stream);
  check(state == Z_STREAM_END, "the page's files are whole");
  return text;
}

bool serve_page(const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  const PageFile* file = find_file(request);
  if (!file) return false;
  Response response;
  response.type = file->type;
  response.headers.emplace_back("ETag", file->etag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  // Names under assets/ carry a hash of their content: they never change.
  response.headers.emplace_back("Cache-Control", file->path.starts_with("assets/")
                                                     ? "public, max-age=31536000, immutable"
                                                     : "no-cache");
  if (lists(request.header("if-none-match"), file->etag)) {
    response.status = 304;
  } else if (lists(request.header("accept-encoding"), "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.lasting_body = file->bytes;
  } else {
    response.body = gunzip(file->bytes);
  }
  exchange->respond(std::move(response));
  return true;
}

}  // namespace charrnn
