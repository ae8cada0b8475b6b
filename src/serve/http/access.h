// Access checks: keep out cross-site requests, DNS rebinding and clients without the key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/http.h"

namespace charrnn {

struct AccessRules {
  // Accepted as Host are names of this machine and those allowed; where others reach it also IP
  // addresses, and any name if there is a key and no list of names.
  bool loopback = true;
  std::vector<std::string> allowed_hosts;    // further names, as parse_host() gives them
  std::vector<std::string> allowed_origins;  // further origins, as parse_origin() gives them
  std::string own_name;                      // this machine's host name
  std::string api_key;                       // empty: none is asked for
};

// A preflight passes whatever its origin: its answer is in cross_origin_headers(). Throws ApiError:
// 400 (no Host, two of them), 403 (foreign Host or Origin), 401 (key), 415, 411.
void check_access(const Request& request, const AccessRules& rules);

// For requests that change what is on this machine: not even pages of allowed origins may send
// them. Throws ApiError (403).
void check_same_origin(const Request& request);

// What an allowed origin's pages need before a browser lets them read a reply (CORS): headers for
// every reply, errors and streams too, and for a preflight what such a page may send. A list
// without origins adds none.
std::vector<Header> cross_origin_headers(const Request& request, const AccessRules& rules);

// A further origin or name as a user writes it, in the form that requests have it: lower case, and
// an origin without a final slash and without its scheme's own port. Throws Error (kUsage) for what
// no request can have, and for patterns.
std::string parse_origin(std::string_view text);
std::string parse_host(std::string_view text);

// A Host header's name, lower case, without port and brackets; empty where it is malformed.
std::string host_name(std::string_view host);
bool is_loopback_name(std::string_view name);

// Takes constant time, whichever bytes differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace charrnn
