#include "serve/connections/port_holder.h"

#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace charrnn {
namespace {

namespace fs = std::filesystem;
using boost::asio::ip::address;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN, as the kernel writes it

// "0100007F" is 127.0.0.1: 32-bit words of the network's bytes, each written as this machine's
// number.
std::optional<address> read_address(const std::string& hex) {
  unsigned char bytes[16];
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  for (size_t word = 0; word < hex.size() / 8; ++word) {
    uint32_t number = 0;
    const char* begin = hex.data() + 8 * word;
    if (std::from_chars(begin, begin + 8, number, 16).ptr != begin + 8) return std::nullopt;
    std::memcpy(bytes + 4 * word, &number, sizeof(number));
  }
  if (hex.size() == 8) {
    boost::asio::ip::address_v4::bytes_type v4;
    std::copy_n(bytes, v4.size(), v4.begin());
    return boost::asio::ip::address_v4(v4);
  }
  boost::asio::ip::address_v6::bytes_type v6;
  std::copy_n(bytes, v6.size(), v6.begin());
  return boost::asio::ip::address_v6(v6);
}

// The inodes of sockets that listen on the port at a conflicting address.
std::vector<std::string> listening_sockets(const address& wanted, int port) {
  std::vector<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // the names of the columns
    while (std::getline(file, line)) {
      std::istringstream words(line);
      const std::vector<std::string> columns(std::istream_iterator<std::string>(words), {});
      if (columns.size() < 10 || columns[3] != kListening) continue;
      const size_t colon = columns[1].find(':');
      if (colon == std::string::npos ||
          columns[1].substr(colon + 1) != fmt::format("{:04X}", port)) {
        continue;
      }
      const std::optional<address> held = read_address(columns[1].substr(0, colon));
      if (!held) continue;
      const bool same = *held == wanted || held->is_unspecified() || wanted.is_unspecified();
      if (same) sockets.push_back(fmt::format("socket:[{}]", columns[9]));
    }
  }
  return sockets;
}

bool has_one_of(const fs::path& descriptors, const std::vector<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator it(descriptors, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    const std::string target = fs::read_symlink(it->path(), ignored).string();
    if (std::find(sockets.begin(), sockets.end(), target) != sockets.end()) return true;
  }
  return false;
}

}  // namespace

std::optional<PortHolder> find_port_holder(const std::string& text, int port) {
  boost::system::error_code bad;
  const address wanted = boost::asio::ip::make_address(text, bad);
  if (bad) return std::nullopt;
  const std::vector<std::string> sockets = listening_sockets(wanted, port);
  if (sockets.empty()) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    PortHolder holder;
    const auto [rest, failure] =
        std::from_chars(name.data(), name.data() + name.size(), holder.process);
    if (failure != std::errc() || rest != name.data() + name.size()) continue;
    if (!has_one_of(it->path() / "fd", sockets)) continue;
    std::ifstream comm(it->path() / "comm");
    std::getline(comm, holder.program);
    return holder;
  }
  return std::nullopt;
}

}  // namespace charrnn
