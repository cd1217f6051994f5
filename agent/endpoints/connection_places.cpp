#include "agent/endpoints/connection_places.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

namespace sawlog::agent {

namespace {

std::vector<int> open_descriptors() {
  std::vector<int> descriptors;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (directory == nullptr) return descriptors;
  while (const dirent* const entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    int descriptor = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (error == std::errc() && end == name.data() + name.size()) descriptors.push_back(descriptor);
  }
  return descriptors;
}

int port_of(const sockaddr_storage& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  std::memcpy(&v4, &address, sizeof(v4));
  std::memcpy(&v6, &address, sizeof(v6));
  if (address.ss_family == AF_INET) return ntohs(v4.sin_port);
  return address.ss_family == AF_INET6 ? ntohs(v6.sin6_port) : -1;
}

// One structure for addresses of every kind, as the calls want it.
sockaddr* as_any(sockaddr_storage& address) {
  void* const untyped = &address;
  return static_cast<sockaddr*>(untyped);
}

// The other end of a connection to the port, as bytes; "" if the descriptor is no such connection.
std::string peer_of(int descriptor, int port) {
  sockaddr_storage own{}, other{};
  socklen_t own_size = sizeof(own), other_size = sizeof(other);
  if (getsockname(descriptor, as_any(own), &own_size) != 0 || port_of(own) != port) return "";
  if (getpeername(descriptor, as_any(other), &other_size) != 0) return "";
  std::string bytes(other_size, '\0');
  std::memcpy(bytes.data(), &other, other_size);
  return bytes;
}

// Descriptors and the other ends.
std::vector<std::pair<int, std::string>> connections_to(int port) {
  std::vector<std::pair<int, std::string>> connections;
  for (const int descriptor : open_descriptors()) {
    std::string peer = peer_of(descriptor, port);
    if (!peer.empty()) connections.emplace_back(descriptor, std::move(peer));
  }
  return connections;
}

}  // namespace

void ConnectionPlaces::take() {
  while (!places_.try_acquire_for(lasting_max_ / 4)) {
    if (is_closed_.load(std::memory_order_acquire)) return;
    end_lasting();
  }
  seen_.clear();
}

void ConnectionPlaces::end_lasting() {
  const auto now = std::chrono::steady_clock::now();
  std::map<int, Connection> seen;
  for (auto& [descriptor, peer] : connections_to(port_)) {
    const auto before = seen_.find(descriptor);
    const bool is_known = before != seen_.end() && before->second.peer == peer;
    const auto since = is_known ? before->second.seen_since : now;
    if (now - since >= lasting_max_) shutdown(descriptor, SHUT_RDWR);
    seen.emplace(descriptor, Connection{std::move(peer), since});
  }
  seen_ = std::move(seen);
}

void ConnectionPlaces::end_all() const {
  for (const auto& [descriptor, peer] : connections_to(port_)) shutdown(descriptor, SHUT_RDWR);
}

}  // namespace sawlog::agent
