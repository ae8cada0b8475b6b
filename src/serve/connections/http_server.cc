#include "serve/connections/http_server.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "serve/connections/connection.h"
#include "serve/connections/port_holder.h"
#include "serve/connections/spare_descriptor.h"
#include "serve/http/api_error.h"

namespace charrnn {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kBacklog = 512;
constexpr auto kBackOff = std::chrono::milliseconds(100);
constexpr auto kKeepInterval = std::chrono::milliseconds(500);

// holder: as in " by charrnn, process 4242"; empty if unknown.
Error bind_error(const std::string& address, const ErrorCode& error, const std::string& holder) {
  const bool in_use = error == asio::error::address_in_use;
  const bool denied = error == asio::error::access_denied;
  return Error(ErrorKind::kServer, in_use ? "port_in_use" : "cannot_listen",
               fmt::format("cannot listen: {}{} ({})", error.message(), holder, address),
               in_use   ? "choose another with --port N, or let the system choose: --port 0"
               : denied ? "ports below 1024 are the administrator's; choose another with --port N"
                        : "give an address of this machine with --host");
}

std::string holder_words(const std::string& address, int port) {
  const auto holder = find_port_holder(address, port);
  return holder ? fmt::format(" by {}, process {}", holder->program, holder->process) : "";
}

}  // namespace

struct HttpServer::Impl {
  Impl(const HttpOptions& options, Check check, Handler handler, Headers headers) {
    host.limits = options.limits;
    host.check = std::move(check);
    host.handler = std::move(handler);
    host.headers = std::move(headers);
    host.closed = [this](Connection* connection) { forget(connection); };
    host.make_room = [this] { make_room(); };
    listen(options);
  }

  struct Listener {
    explicit Listener(asio::io_context& context) : acceptor(context), timer(context) {}
    Acceptor acceptor;
    Timer timer;
    uint64_t wait = 0;  // the number of the one in force
  };

  void listen(const HttpOptions& options) {
    if (options.host == "localhost") {
      open("127.0.0.1", options.port);
      try {
        open("::1", port);
      } catch (const Error&) {
        // A machine without IPv6, or a port taken there: the first address is enough.
      }
      return;
    }
    open(options.host, options.port);
  }

  void open(const std::string& text, int number) {
    ErrorCode error;
    const asio::ip::address address = asio::ip::make_address(text, error);
    if (error) throw bind_error(text, error, "");
    const tcp::endpoint endpoint(address, static_cast<unsigned short>(number));
    const std::string name =
        address.is_v6() ? fmt::format("[{}]:{}", text, number) : fmt::format("{}:{}", text, number);
    auto listener = std::make_unique<Listener>(context);
    Acceptor& acceptor = listener->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(kBacklog, error);
    if (error) {
      const bool in_use = error == asio::error::address_in_use;
      throw bind_error(name, error, in_use ? holder_words(text, number) : "");
    }
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    port = acceptor.local_endpoint().port();
    listeners.push_back(std::move(listener));
  }

  void accept(Listener& listener) {
    listener.acceptor.async_accept(
        [this, &listener, wait = ++listener.wait](ErrorCode error, Socket socket) {
          if (wait != listener.wait) return;
          if (error == asio::error::operation_aborted || host.draining) return;
          if (error == asio::error::no_descriptors || error.value() == ENFILE ||
              error == asio::error::no_memory || error == asio::error::no_buffer_space) {
            return back_off(listener);
          }
          if (!error) try_admit(std::move(socket));
          accept(listener);
        });
  }

  void try_admit(Socket socket) {
    try {
      admit(std::move(socket));
    } catch (const std::exception&) {  // out of memory: this client is turned away
      ++host.counts.refused;
    }
  }

  void back_off(Listener& listener) {
    spare.release();
    ErrorCode ignored;
    listener.acceptor.non_blocking(true, ignored);
    Socket turned_away(context);
    listener.acceptor.accept(turned_away, ignored);
    turned_away.close(ignored);
    spare.refill();
    ++host.counts.refused;
    listener.timer.expires_after(kBackOff);
    listener.timer.async_wait([this, &listener](ErrorCode error) {
      if (!error && !host.draining) accept(listener);
    });
  }

  // After a failure on this thread, which may have kept a listener or the keeper from waiting on.
  void wait_again() noexcept {
    for (bool waits = false; !waits && !host.draining;) {
      try {
        for (const auto& listener : listeners) {
          ErrorCode ignored;
          listener->acceptor.cancel(ignored);
          listener->timer.cancel();
          accept(*listener);
        }
        keep();
        waits = true;
      } catch (const std::exception&) {
        std::this_thread::sleep_for(kBackOff);
      }
    }
  }

  // Now and then sends what waits where memory did not suffice to tell a connection.
  void keep() {
    keeper.expires_after(kKeepInterval);
    keeper.async_wait([this](ErrorCode error) {
      if (error) return;
      if (host.missed.exchange(false)) send_waiting();
      keep();
    });
  }

  void send_waiting() {
    try {
      for (const auto& connection : all_connections()) connection->send_waiting();
    } catch (const std::bad_alloc&) {
      host.missed = true;
    }
  }

  void admit(Socket socket) {
    ErrorCode error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;
    ++host.counts.accepted;
    const bool is_loopback = endpoint.address().is_loopback();
    auto connection =
        std::make_shared<Connection>(std::move(socket), endpoint.address().to_string(), host);
    int& from_there = per_address[connection->address()];
    connections.emplace(connection.get(), connection);
    const bool full = static_cast<int>(connections.size()) > host.limits.connections ||
                      (!is_loopback && from_there >= host.limits.connections_per_address);
    ++from_there;
    ++host.counts.connections;
    if (!full) return connection->start();
    ++host.counts.refused;
    connection->refuse(error_response(unavailable("too many connections", "too_many", 5)));
  }

  void forget(Connection* connection) {
    const auto found = connections.find(connection);
    if (found == connections.end()) return;
    const auto count = per_address.find(connection->address());
    if (count != per_address.end() && --count->second == 0) per_address.erase(count);
    --host.counts.connections;
    connections.erase(found);
  }

  // A client that reads a little now and then is not stalled, so many of them could hold the memory
  // of many large replies. Who has taken longest over what it was sent goes first.
  void make_room() {
    while (host.unsent > host.limits.unsent) {
      std::shared_ptr<Connection> slowest;
      for (const auto& [key, connection] : connections) {
        if (connection->holds() && (!slowest || connection->part() < slowest->part())) {
          slowest = connection;
        }
      }
      if (!slowest) return;
      ++host.counts.refused;
      slowest->close();
    }
  }

  std::vector<std::shared_ptr<Connection>> all_connections() const {
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections) all.push_back(connection);
    return all;
  }

  void drain() {
    host.draining = true;
    for (const auto& listener : listeners) {
      ErrorCode ignored;
      listener->acceptor.close(ignored);
      listener->timer.cancel();
    }
    for (const auto& connection : all_connections()) {
      if (connection->is_idle()) connection->close();
    }
  }

  void run() {
    while (true) {
      try {
        context.run();
        return;
      } catch (const std::exception&) {
        // A handler failed on this thread: its exchange has replied with 500, others continue.
        wait_again();
      }
    }
  }

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  ConnectionHost host;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
  std::unordered_map<std::string, int> per_address;
  SpareDescriptor spare;
  Timer keeper{context};
  int port = 0;
  std::thread thread;
};

HttpServer::HttpServer(const HttpOptions& options, Check check, Handler handler,
                       Headers headers) try
    : impl_(std::make_unique<Impl>(options, std::move(check), std::move(handler),
                                   std::move(headers))) {
} catch (const boost::system::system_error& error) {  // of the library, which is known only here
  throw std::system_error(error.code().value(), std::generic_category());
}

HttpServer::~HttpServer() { stop(); }

int HttpServer::port() const { return impl_->port; }

const HttpCounts& HttpServer::counts() const { return impl_->host.counts; }

void HttpServer::start() {
  for (const auto& listener : impl_->listeners) impl_->accept(*listener);
  impl_->keep();
  impl_->thread = std::thread([this] { impl_->run(); });
}

void HttpServer::drain() {
  asio::post(impl_->context, [this] { impl_->drain(); });
}

void HttpServer::stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->context, [this] {
    impl_->drain();
    for (const auto& connection : impl_->all_connections()) connection->close();
    impl_->context.stop();
  });
  impl_->thread.join();
}

}  // namespace charrnn
