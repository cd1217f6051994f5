// HttpTransport on libcurl's multi interface, driven by curl_multi_socket_action and an epoll
// descriptor of our own, so that the consumer's thread waits for everything in one place.
//
// Connections are kept and used again. HTTP/1.1 (a _bulk request gains nothing from HTTP/2), no
// redirects, no "Expect: 100-continue", no proxy from the environment: where logs go is said in the
// configuration only. TLS 1.2 or newer; certificate and name are checked unless TlsOptions::verify
// is false. A connection that ends in the middle of an answer, a time-out and an answer that is too
// large are status 0.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "outputs/http_transport.h"
#include "outputs/output_options.h"

namespace sawlog::outputs {

struct CurlOptions {
  TlsOptions tls{};
  Credentials credentials{};
  int64_t connect_timeout_ns = 10'000'000'000;
  uint32_t connections_max = 16;  // kept open while idle
};

class CurlTransport final : public HttpTransport {
 public:
  // clock must be the system's (libcurl has its own idea of time) and outlive the transport.
  // kIo: no descriptor is left.
  [[nodiscard]] static base::Expected<std::unique_ptr<CurlTransport>> create(
      CurlOptions options, const base::Clock& clock);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  [[nodiscard]] uint64_t start(HttpRequest request) override;
  [[nodiscard]] std::vector<HttpResponse> poll() override;
  [[nodiscard]] int wake_fd() const override;
  [[nodiscard]] int64_t next_deadline_monotonic_ns() const override;

 private:
  class Implementation;
  explicit CurlTransport(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
