#include "serve/connections/port_holder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

namespace charrnn {
namespace {

// A socket bound to a free port; listening or not.
class BoundSocket {
 public:
  BoundSocket(const char* address, bool listening)
      : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place = {};
    place.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &place.sin_addr);
    socklen_t size = sizeof(place);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&place), size), 0);
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&place), &size);
    port_ = ntohs(place.sin_port);
    if (listening) {
      EXPECT_EQ(::listen(descriptor_, 1), 0);
    }
  }
  ~BoundSocket() { ::close(descriptor_); }
  int port() const { return port_; }

 private:
  int descriptor_;
  int port_ = 0;
};

std::string own_program() {
  std::ifstream comm("/proc/self/comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

TEST(PortHolder, IsTheProcessThatListens) {
  const BoundSocket socket("127.0.0.1", true);
  for (const char* address : {"127.0.0.1", "0.0.0.0", "::"}) {
    const auto holder = find_port_holder(address, socket.port());
    ASSERT_TRUE(holder) << address;
    EXPECT_EQ(holder->process, ::getpid());
    EXPECT_EQ(holder->program, own_program());
  }
}

TEST(PortHolder, MayListenOnAllAddresses) {
  const BoundSocket socket("0.0.0.0", true);
  const auto holder = find_port_holder("127.0.0.1", socket.port());
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->process, ::getpid());
}

TEST(PortHolder, IsNobodyWhereNobodyListensThere) {
  const BoundSocket quiet("127.0.0.1", false);
  EXPECT_FALSE(find_port_holder("127.0.0.1", quiet.port()));
  const BoundSocket elsewhere("127.0.0.2", true);
  EXPECT_FALSE(find_port_holder("127.0.0.1", elsewhere.port()));
  EXPECT_FALSE(find_port_holder("nowhere", elsewhere.port()));
}

}  // namespace
}  // namespace charrnn
