// How many connections the endpoint has at once, and how long they may hold it up.
//
// A connection takes a place when it is accepted. While there is none, nothing more is accepted:
// who waits, waits in the kernel and costs us neither descriptor nor memory. Meanwhile connections
// that are seen to last longer than the limit are ended, so that clients that send a byte now and
// then hold nobody up for longer. The HTTP library tells neither its sockets nor their ages: they
// are looked for among the descriptors of the process, and only while no place is free.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <semaphore>
#include <string>

namespace sawlog::agent {

class ConnectionPlaces {
 public:
  ConnectionPlaces(std::ptrdiff_t count, std::chrono::nanoseconds lasting_max)
      : places_(count), lasting_max_(lasting_max) {}

  // By the thread that accepts: waits for a place; after close() it waits no more.
  void take();
  // Thread-safe, by whose connection has ended.
  void give_back() { places_.release(); }
  // Thread-safe, as end_all().
  void close() { is_closed_.store(true, std::memory_order_release); }
  // Ends every connection that there is.
  void end_all() const;
  // Before the first take(): whose connections these are.
  void set_port(int port) { port_ = port; }

 private:
  struct Connection {
    std::string peer;  // its address and port, as bytes
    std::chrono::steady_clock::time_point seen_since;
  };
  void end_lasting();

  std::counting_semaphore<> places_;
  const std::chrono::nanoseconds lasting_max_;
  int port_ = 0;
  std::atomic<bool> is_closed_{false};
  std::map<int, Connection> seen_;  // by descriptor; only of the accepting thread
};

}  // namespace sawlog::agent
