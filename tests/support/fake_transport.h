// An HTTP server that a test plays: every request waits until the test answers it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "outputs/http_transport.h"

namespace sawlog::tests {

class FakeTransport final : public outputs::HttpTransport {
 public:
  struct Waiting {
    uint64_t number = 0;
    outputs::HttpRequest request;
  };

  [[nodiscard]] uint64_t start(outputs::HttpRequest request) override;
  [[nodiscard]] std::vector<outputs::HttpResponse> poll() override;
  [[nodiscard]] int wake_fd() const override { return -1; }
  [[nodiscard]] int64_t next_deadline_monotonic_ns() const override;

  // Not answered yet, oldest first.
  [[nodiscard]] const std::deque<Waiting>& waiting() const { return waiting_; }
  [[nodiscard]] uint64_t request_count() const { return last_number_; }

  // Answers the index-th of the waiting requests at the next poll().
  void answer(int status, std::string body = "", std::string retry_after = "", size_t index = 0);
  // The connection is refused, cut, or times out.
  void fail(std::string error, bool is_operators_fault = false, size_t index = 0);

 private:
  outputs::HttpResponse take(size_t index);

  std::deque<Waiting> waiting_;
  std::vector<outputs::HttpResponse> answered_;
  uint64_t last_number_ = 0;
};

}  // namespace sawlog::tests
