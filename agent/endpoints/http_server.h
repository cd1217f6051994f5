// The agent's endpoint: /metrics, /summary, /health, /health/live, /health/ready, /status,
// /history, /log-lines and POST /record, each also below /api/v1/monitoring, /api/v1 and
// /monitoring; the dashboards' page; and POST /reload, for this host alone: not from another
// address than loopback, not from a page in a browser (a request with an Origin).
//
// The data comes from functions given at the start; they are called by the server's threads,
// several at once. Requests are limited in size, time and number at once
// (agent/endpoints/connection_places.h). With a token every path but /health/live and the page,
// which holds no data, asks for "Authorization: Bearer TOKEN" (compared in constant time; 401
// without).
// With a certificate it speaks HTTPS (TLS 1.2 and later), with authorities for clients only to
// those that have a certificate of them.
//
// POST /record and /alerts/silence want Content-Type: application/json, which no web page can send
// here without being asked first; alerts are silenced by who has the token or is on this host.
// /log-lines wants to be asked for under an address or "localhost", or with the token: a page of
// the web whose name was made to lead here (DNS rebinding) does not get to read logs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sawlog::agent {

struct HttpServerOptions {
  std::string listen;      // "127.0.0.1:7295", "[::1]:7295"; port 0: the system picks one
  std::string token = {};  // "": nothing is asked for
  // Files, PEM; "": none.
  std::string tls_cert = {}, tls_key = {}, tls_client_ca = {};
  // While others wait: a connection that lasts longer is ended.
  int64_t connection_max_ns = 10'000'000'000;
};

// One page under several paths.
struct HttpPage {
  std::vector<std::string> paths;
  std::string html;
  std::string content_security_policy;
};

struct HttpAnswers {
  using Parameters = std::map<std::string, std::string>;  // of the query
  struct Body {
    std::string content_type;
    std::string text;
  };
  // accept: the request's header. An error is answered by 503 and its message.
  std::function<base::Expected<Body>(std::string_view accept)> metrics;
  // One sentence each; empty: ready.
  std::function<std::vector<std::string>()> reasons_not_ready;
  std::function<std::string()> status_json;
  std::function<std::string()> summary_json;
  // Durable when it returns. kInvalid: 400, kUnavailable: 503, else 500, with the message. Empty:
  // nothing is taken (403).
  std::function<base::Expected<void>(std::string_view body)> record;
  std::function<std::string()> status_text;  // for requests that accept text/plain first
  std::function<std::string(const Parameters&)> history_json;
  // Empty: refused, as who may ask is not restricted (403).
  std::function<std::string(const Parameters&)> log_lines_json;
  HttpPage page;
  // POST /reload: a sentence, or an error that is answered by 422. Empty: no such request.
  std::function<base::Expected<std::string>()> reload;
  // POST /alerts/silence; answered as record is.
  std::function<base::Expected<void>(std::string_view body)> silence;
};

class HttpServer {
 public:
  // Listens and serves, in threads of its own, until stop(). "cannot listen on 'ADDRESS': cause".
  [[nodiscard]] static base::Expected<std::unique_ptr<HttpServer>> start(
      const HttpServerOptions& options, HttpAnswers answers);
  ~HttpServer();

  [[nodiscard]] int port() const;
  // Ends the threads; answers under way are finished. Again is fine.
  void stop();

 private:
  class Implementation;
  explicit HttpServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
