#include "tests/support/fake_transport.h"

#include <utility>

#include "lib/base/check.h"

namespace sawlog::tests {

uint64_t FakeTransport::start(outputs::HttpRequest request) {
  waiting_.push_back({++last_number_, std::move(request)});
  return last_number_;
}

std::vector<outputs::HttpResponse> FakeTransport::poll() {
  return std::exchange(answered_, {});
}

int64_t FakeTransport::next_deadline_monotonic_ns() const {
  return answered_.empty() ? INT64_MAX : INT64_MIN;
}

void FakeTransport::answer(int status, std::string body, std::string retry_after, size_t index) {
  outputs::HttpResponse response = take(index);
  response.status = status;
  response.body = std::move(body);
  response.retry_after = std::move(retry_after);
  answered_.push_back(std::move(response));
}

void FakeTransport::fail(std::string error, bool is_operators_fault, size_t index) {
  outputs::HttpResponse response = take(index);
  response.error = std::move(error);
  response.is_operators_fault = is_operators_fault;
  answered_.push_back(std::move(response));
}

outputs::HttpResponse FakeTransport::take(size_t index) {
  CHECK(index < waiting_.size());
  outputs::HttpResponse response;
  response.request = waiting_[index].number;
  response.sent = std::move(waiting_[index].request);
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
  return response;
}

}  // namespace sawlog::tests
