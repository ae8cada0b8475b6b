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
  std::vector<std::string> allowed_hosts;    // further names, without port
  std::vector<std::string> allowed_origins;  // further origins, as in https://example.org
  std::string own_name;                      // this machine's host name
  std::string api_key;                       // empty: none is asked for
};

// Throws ApiError: 400 (no Host, two of them), 403 (foreign Host or Origin), 401 (key), 415, 411.
void check_access(const Request& request, const AccessRules& rules);

// A Host header's name, lower case, without port and brackets; empty where it is malformed.
std::string host_name(std::string_view host);
bool is_loopback_name(std::string_view name);

// Takes constant time, whichever bytes differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace charrnn
