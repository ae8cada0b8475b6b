// Who has taken the address that this server was to listen on.
#pragma once

#include <optional>
#include <string>

namespace charrnn {

struct PortHolder {
  int process = 0;
  std::string program;  // as the system calls it: up to 15 bytes
};

// The process that listens on the port at this address (an IP address) or at all of them; none
// where that can't be seen, as with other people's processes.
std::optional<PortHolder> find_port_holder(const std::string& address, int port);

}  // namespace charrnn
