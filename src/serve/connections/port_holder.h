// Finds the process that occupies the address this server should listen on.
#pragma once

#include <optional>
#include <string>

namespace charrnn {

struct PortHolder {
  int process = 0;
  std::string program;  // the kernel's name for it: up to 15 bytes
};

// The process that listens on the port at this IP address or at all addresses; nothing if that is
// not visible, as for other users' processes.
std::optional<PortHolder> find_port_holder(const std::string& address, int port);

}  // namespace charrnn
