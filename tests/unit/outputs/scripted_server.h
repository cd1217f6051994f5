// A TCP server on 127.0.0.1 that answers each HTTP request with bytes of the test's choice, however
// wrong. Connections are served one after the other, in a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "lib/base/check.h"

namespace sawlog::outputs {

struct Reply {
  std::string bytes;
  bool closes = false;  // the connection, after the bytes
};

class ScriptedServer {
 public:
  // reply gets the whole request, head and body.
  explicit ScriptedServer(std::function<Reply(const std::string&)> reply)
      : reply_(std::move(reply)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0);
    CHECK(::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    is_stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connection_count() const { return connections_; }

 private:
  void serve() {
    while (wait_for(listener_)) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      ++connections_;
      serve_connection(connection);
      ::close(connection);
    }
  }

  void serve_connection(int connection) {
    std::string received;
    while (wait_for(connection)) {
      char buffer[65536];
      const ssize_t count = ::read(connection, buffer, sizeof(buffer));
      if (count <= 0) return;
      received.append(buffer, static_cast<size_t>(count));
      if (!is_whole(received)) continue;
      const Reply reply = reply_(received);
      received.clear();
      if (::send(connection, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL) < 0) return;
      if (reply.closes) return;
    }
  }

  static bool is_whole(const std::string& request) {
    const size_t head_end = request.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const size_t length = request.find("Content-Length: ");
    const size_t body = length > head_end ? 0 : std::stoul(request.substr(length + 16));
    return request.size() >= head_end + 4 + body;
  }

  // False when the server is to stop.
  [[nodiscard]] bool wait_for(int descriptor) const {
    while (!is_stopping_) {
      pollfd waiting{descriptor, POLLIN, 0};
      if (::poll(&waiting, 1, /*timeout ms*/ 5) > 0) return true;
    }
    return false;
  }

  const std::function<Reply(const std::string&)> reply_;
  const int listener_;
  int port_ = 0;
  std::atomic<bool> is_stopping_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace sawlog::outputs
