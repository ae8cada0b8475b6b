// Limits of size and time of connections and requests.
#pragma once

namespace charrnn {

struct HttpLimits {
  int request_line = 8 << 10;  // bytes
  int headers = 16 << 10;      // bytes
  int header_count = 100;
  int body = 1 << 20;       // bytes
  double header_time = 10;  // seconds in all, from the first byte (of a connection: from accept)
  double body_time = 30;    // seconds in all
  double idle_time = 60;    // between requests
  double stall_time = 30;   // without the client reading a byte
  int connections = 4096;
  int connections_per_address = 256;  // loopback is exempt
  int stream_queue = 256 << 10;       // bytes waiting for one client
};

}  // namespace charrnn
