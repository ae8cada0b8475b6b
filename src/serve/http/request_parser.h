// Parses one HTTP request out of bytes as they arrive, within limits of size. It knows no socket;
// the HTTP library is hidden in request_parser.cc.
#pragma once

#include <memory>
#include <string_view>

#include "serve/http/http.h"

namespace charrnn {

class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();

  enum class State {
    kHead,  // more of the head is needed
    kBody,  // the head is there, the body is not
    kDone,
  };
  // Consumes bytes from the beginning of those given and returns how many: give the rest again,
  // with what arrives after them. It stops behind the head, which can be refused before the body is
  // read, and behind the request. Throws ApiError for what is no request or exceeds a limit; then
  // nothing more can be read.
  size_t read(std::string_view bytes);
  State state() const;
  bool begun() const;        // whether a byte was consumed
  size_t body_size() const;  // bytes of it so far
  bool keep_alive() const;   // what the client asks for; once the head is there

  // Once the head is there; its body is there when it is done.
  Request& request();
  // Whether its body may be larger than others'; once the head is there.
  bool is_large() const { return is_large_; }

 private:
  struct Impl;
  void copy_head();
  void take_head();
  void limit_body();

  const HttpLimits& limits_;
  std::unique_ptr<Impl> impl_;
  Request request_;
  bool has_head_ = false;
  bool is_large_ = false;
};

}  // namespace charrnn
