#include "outputs/http_call.h"

#include <algorithm>
#include <poll.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kWaitMaxNs = base::kNsPerSecond;

void wait_for(const HttpTransport& transport, const base::Clock& clock) {
  const int64_t left_ns = transport.next_deadline_monotonic_ns() - clock.monotonic_ns();
  pollfd readable{transport.wake_fd(), POLLIN, 0};
  const int64_t wait_ns = std::clamp<int64_t>(left_ns, 0, kWaitMaxNs);
  ::poll(&readable, 1, static_cast<int>((wait_ns + base::kNsPerMs - 1) / base::kNsPerMs));
}

}  // namespace

HttpResponse call(HttpTransport& transport, HttpRequest request, const base::Clock& clock,
                  const std::function<bool()>& gives_up) {
  const uint64_t number = transport.start(std::move(request));
  for (;;) {
    std::vector<HttpResponse> answers = transport.poll();
    if (!answers.empty()) {
      CHECK(answers.size() == 1 && answers[0].request == number);
      return std::move(answers[0]);
    }
    if (gives_up && gives_up()) {
      HttpResponse given_up;
      given_up.request = number;
      given_up.error = "given up, because the agent stops";
      return given_up;
    }
    wait_for(transport, clock);
  }
}

}  // namespace sawlog::outputs
