// The seam to HTTP: many requests in flight on one thread. The real one is outputs/curl_transport.h
// (libcurl multi: pooled connections, TLS); tests script answers with
// tests/support/fake_transport.h.
//
// Single-threaded: start(), poll() and the answers belong to the consumer's thread.
// Redirects are not followed. An answer larger than the request's response_bytes_max is cut off and
// reported as a failure of the transport. Secrets (headers, passwords) appear in no message, also
// where the server's refusal repeats them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sawlog::outputs {

struct HttpRequest {
  std::string method = "POST";
  std::string url{};
  std::vector<std::string> headers{};  // "Name: value"
  std::string body{};                  // already compressed where Content-Encoding says so
  int64_t timeout_ns = 60'000'000'000;
  size_t response_bytes_max = 64u << 20;
};

struct HttpResponse {
  uint64_t request = 0;  // the number that start() gave
  int status = 0;  // 0: the transport failed, see error; the outcome of the request is unknown
  std::string error;
  bool is_operators_fault = false;  // status 0 and trying again alone will not help: a certificate
                                    // is refused, a CA file cannot be read, the URL is unusable
  std::string body;
  std::string retry_after;  // the header's value, "" without one
  HttpRequest sent;         // given back, so that a retry needs no copy
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Takes the request and returns its number.
  [[nodiscard]] virtual uint64_t start(HttpRequest request) = 0;
  // Moves bytes and returns the answers that are complete; never waits.
  [[nodiscard]] virtual std::vector<HttpResponse> poll() = 0;
  // Becomes readable when poll() has something to do (an epoll descriptor), or -1.
  [[nodiscard]] virtual int wake_fd() const = 0;
  // When poll() must be called at the latest, monotonic ns (time-outs inside the library).
  [[nodiscard]] virtual int64_t next_deadline_monotonic_ns() const = 0;
};

struct TlsOptions {
  std::string ca_path{};    // "": the system's
  std::string cert_path{};  // client certificate, PEM
  std::string key_path{};
  bool verify = true;
};

}  // namespace sawlog::outputs
