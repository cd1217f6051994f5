#include "agent/service_notifier.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

namespace sawlog::agent {

namespace {

std::string take_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  const std::string text = value == nullptr ? "" : value;
  unsetenv(name);  // no child of ours may answer for us
  return text;
}

int64_t read_watchdog_limit_ns() {
  const std::string limit_us = take_from_environment("WATCHDOG_USEC");
  const std::string pid = take_from_environment("WATCHDOG_PID");
  if (limit_us.empty() || (!pid.empty() && pid != std::to_string(getpid()))) return 0;
  return std::strtoll(limit_us.c_str(), nullptr, 10) * 1000;
}

}  // namespace

ServiceNotifier::ServiceNotifier()
    : address_(take_from_environment("NOTIFY_SOCKET")),
      watchdog_limit_ns_(read_watchdog_limit_ns()) {
  const bool is_usable = address_.starts_with('/') || address_.starts_with('@');
  if (!is_usable || address_.size() >= sizeof(sockaddr_un::sun_path)) {
    watchdog_limit_ns_ = 0;
    return;
  }
  if (address_[0] == '@') address_[0] = '\0';
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

ServiceNotifier::~ServiceNotifier() {
  if (socket_ >= 0) close(socket_);
}

void ServiceNotifier::ready(const std::string& status) {
  send("READY=1\nSTATUS=" + status);
}

void ServiceNotifier::reloading() {
  const int64_t now_us = base::SystemClock().monotonic_ns() / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us));
}

void ServiceNotifier::stopping() {
  send("STOPPING=1\nSTATUS=stopping");
}

void ServiceNotifier::is_alive() {
  if (watchdog_limit_ns_ > 0) send("WATCHDOG=1");
}

// A datagram that is lost is systemd's to miss: it asks again by its time-outs.
void ServiceNotifier::send(const std::string& state) const {
  if (socket_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(address_, std::begin(address.sun_path));
  const void* const untyped = &address;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  [[maybe_unused]] const ssize_t sent = sendto(socket_, state.data(), state.size(), MSG_NOSIGNAL,
                                               static_cast<const sockaddr*>(untyped), size);
}

}  // namespace sawlog::agent
