// What systemd hears of us: the protocol of sd_notify(3), a few datagrams to the socket that the
// environment names. Without one nothing is sent. One thread.
#pragma once

#include <cstdint>
#include <string>

namespace sawlog::agent {

class ServiceNotifier {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment.
  ServiceNotifier();
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  void ready(const std::string& status);
  void reloading();  // ready() ends it
  void stopping();
  // Within each watchdog_limit_ns(), or we are killed and started again.
  void is_alive();
  // 0: nobody watches.
  [[nodiscard]] int64_t watchdog_limit_ns() const { return watchdog_limit_ns_; }

 private:
  void send(const std::string& state) const;

  std::string address_;  // abstract ones begin with NUL
  int socket_ = -1;
  int64_t watchdog_limit_ns_ = 0;
};

}  // namespace sawlog::agent
