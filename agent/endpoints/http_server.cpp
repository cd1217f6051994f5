#include "agent/endpoints/http_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

#include <httplib.h>
#include <openssl/ssl.h>

#include "agent/endpoints/connection_places.h"
#include "agent/endpoints/http_address.h"
#include "agent/endpoints/request_checks.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {

using namespace std::chrono_literals;

namespace {

// Each connection has one, for as long as it lasts.
constexpr size_t kThreadCount = 32;
constexpr time_t kSilenceS = 2;
constexpr size_t kRequestBytesMax = 64u << 10;
constexpr time_t kReadTimeoutS = 5;
constexpr time_t kWriteTimeoutS = 10;
constexpr std::chrono::milliseconds kFinishMax = 1s;
constexpr const char* kJson = "application/json";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kPlainText = "text/plain; charset=utf-8";

constexpr std::array<std::string_view, 4> kPrefixes = {"", "/api/v1/monitoring", "/api/v1",
                                                       "/monitoring"};

HttpAnswers::Parameters parameters_of(const httplib::Request& request) {
  return {request.params.begin(), request.params.end()};
}

int status_of(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalid:
      return 400;
    case base::ErrorCode::kUnavailable:
    case base::ErrorCode::kNoSpace:
      return 503;
    default:
      return 500;
  }
}

std::string error_json(const std::string& message) {
  std::string body = "{\"error\":";
  base::append_json_string(body, message);
  return body + "}\n";
}

// nullptr if certificate, key or authorities cannot be used.
std::unique_ptr<httplib::Server> make_server(const HttpServerOptions& options) {
  if (options.tls_cert.empty()) return std::make_unique<httplib::Server>();
  const char* const client_ca =
      options.tls_client_ca.empty() ? nullptr : options.tls_client_ca.c_str();
  auto server = std::make_unique<httplib::SSLServer>(options.tls_cert.c_str(),
                                                     options.tls_key.c_str(), client_ca);
  if (!server->is_valid()) return nullptr;
  SSL_CTX_set_min_proto_version(server->ssl_context(), TLS1_2_VERSION);
  return server;
}

std::string not_ready_json(const std::vector<std::string>& reasons) {
  std::string body = "{\"status\":\"not ready\",\"reasons\":[";
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) body += ',';
    base::append_json_string(body, reasons[i]);
  }
  return body + "]}\n";
}

// A thread for each connection that has a place. Later versions of the library want to hear whether
// the job was taken.
class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(ConnectionPlaces& places) : places_(places) {}

  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));
  Taken enqueue(std::function<void()> serve) override {
    places_.take();
    return threads_.enqueue([this, serve = std::move(serve)] {
      serve();
      places_.give_back();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  ConnectionPlaces& places_;
  httplib::ThreadPool threads_{kThreadCount};
};

}  // namespace

class HttpServer::Implementation {
 public:
  Implementation(const HttpServerOptions& options, HttpAnswers answers,
                 std::unique_ptr<httplib::Server> server)
      : token_(options.token),
        answers_(std::move(answers)),
        places_(kThreadCount, std::chrono::nanoseconds(options.connection_max_ns)),
        server_(std::move(server)) {
    set_limits();
    add_routes();
  }
  ~Implementation() { stop(); }

  base::Expected<void> listen(const HttpServerOptions& options) {
    const auto address = parse_listen_address(options.listen);
    if (!address) return tl::unexpected(address.error());
    errno = 0;
    if (address->port == 0) {
      port_ = server_->bind_to_any_port(address->host);
    } else {
      port_ = server_->bind_to_port(address->host, address->port) ? address->port : -1;
    }
    if (port_ <= 0) {
      const std::string cause = errno == 0 ? "the address cannot be used" : std::strerror(errno);
      return base::unexpected(base::ErrorCode::kUnavailable,
                              "cannot listen on '" + options.listen + "': " + cause);
    }
    places_.set_port(port_);
    // The library's own length of the queue makes clients wait for seconds where it is full.
    ::listen(listening_, SOMAXCONN);
    served_ = std::async(std::launch::async, [this] { server_->listen_after_bind(); });
    // The library forgets a stop() that comes before its loop runs.
    while (!server_->is_running() && !has_ended(0ms)) std::this_thread::yield();
    return {};
  }
  [[nodiscard]] int port() const { return port_; }
  void stop() {
    if (!served_.valid()) return;
    places_.close();
    server_->stop();
    // Answers under way are finished; who does not take them is not waited for.
    for (auto wait = kFinishMax; !has_ended(wait); wait = 10ms) places_.end_all();
    served_.get();
  }

 private:
  [[nodiscard]] bool has_ended(std::chrono::milliseconds wait) const {
    return served_.wait_for(wait) == std::future_status::ready;
  }

  void set_limits() {
    server_->new_task_queue = [this] { return new ConnectionThreads(places_); };
    server_->set_payload_max_length(kRequestBytesMax);
    server_->set_keep_alive_timeout(kSilenceS);  // before the first byte of a request, too
    server_->set_read_timeout(kReadTimeoutS);
    server_->set_write_timeout(kWriteTimeoutS);
    // An idle connection would hold one of the threads.
    server_->set_keep_alive_max_count(1);
    // The library's own choice lets a second agent listen on the same port.
    server_->set_socket_options([this](socket_t socket) {
      listening_ = socket;
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_->set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          response.status = 500;
          response.set_content("the agent failed to answer\n", kPlainText);
        });
  }

  void add_routes() {
    server_->set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          return check_request(request, response);
        });
    for (const std::string& path : answers_.page.paths) {
      server_->Get(path, [this](const httplib::Request&, httplib::Response& response) {
        answer_page(response);
      });
    }
    server_->Post("/reload", [this](const httplib::Request&, httplib::Response& response) {
      answer_reload(response);
    });
    for (const std::string_view prefix : kPrefixes) {
      const auto path = [&](const char* name) { return std::string(prefix) + name; };
      server_->Get(path("/metrics"),
                   [this](const httplib::Request& request, httplib::Response& response) {
                     answer_metrics(request, response);
                   });
      const auto alive = [](const httplib::Request&, httplib::Response& response) {
        response.set_content("{\"status\":\"ok\"}\n", kJson);
      };
      server_->Get(path("/health"), alive);
      server_->Get(path("/health/live"), alive);
      server_->Get(
          path("/health/ready"),
          [this](const httplib::Request&, httplib::Response& response) { answer_ready(response); });
      server_->Get(path("/status"),
                   [this](const httplib::Request& request, httplib::Response& response) {
                     answer_status(request, response);
                   });
      server_->Get(path("/summary"), [this](const httplib::Request&, httplib::Response& response) {
        response.set_content(answers_.summary_json(), kJson);
      });
      server_->Get(path("/history"),
                   [this](const httplib::Request& request, httplib::Response& response) {
                     response.set_content(answers_.history_json(parameters_of(request)), kJson);
                   });
      server_->Get(path("/log-lines"),
                   [this](const httplib::Request& request, httplib::Response& response) {
                     answer_log_lines(request, response);
                   });
      server_->Post(path("/record"),
                    [this](const httplib::Request& request, httplib::Response& response) {
                      answer_taken(answers_.record(request.body), "recorded", response);
                    });
      server_->Post(path("/alerts/silence"),
                    [this](const httplib::Request& request, httplib::Response& response) {
                      answer_taken(answers_.silence(request.body), "silenced", response);
                    });
    }
  }

  // Before any body is read.
  httplib::Server::HandlerResponse check_request(const httplib::Request& request,
                                                 httplib::Response& response) const {
    using Verdict = httplib::Server::HandlerResponse;
    if (!has_token(request)) {
      response.status = 401;
      response.set_header("WWW-Authenticate", "Bearer");
      response.set_content("a token is needed: Authorization: Bearer TOKEN\n", kPlainText);
      return Verdict::Handled;
    }
    if (request.path.ends_with("/record")) {
      return check_taken(request, answers_.record != nullptr,
                         "nothing is recorded here: http.record in the configuration", response);
    }
    if (request.path.ends_with("/alerts/silence")) {
      const bool may = answers_.silence && (!token_.empty() || is_local(request.remote_addr));
      return check_taken(request, may, "no alerts, or neither a token nor from this host",
                         response);
    }
    if (request.method == "POST" && request.path == "/reload" && answers_.reload) {
      return check_reload(request, response);
    }
    if (request.method != "GET" && request.method != "HEAD") {
      response.status = 405;
      response.set_header("Allow", "GET, HEAD");
      response.set_content("only GET\n", kPlainText);
      return Verdict::Handled;
    }
    return Verdict::Unhandled;
  }

  static httplib::Server::HandlerResponse check_taken(const httplib::Request& request, bool may,
                                                      const char* why_not,
                                                      httplib::Response& response) {
    const auto refuse = [&](int status, const char* reason) {
      response.status = status;
      response.set_content(error_json(reason), kJson);
      return httplib::Server::HandlerResponse::Handled;
    };
    if (request.method != "POST") {
      response.set_header("Allow", "POST");
      return refuse(405, "only POST");
    }
    if (!may) return refuse(403, why_not);
    if (!request.get_header_value("Content-Type").starts_with(kJson)) {
      return refuse(415, "Content-Type must be application/json");
    }
    return httplib::Server::HandlerResponse::Unhandled;
  }

  static httplib::Server::HandlerResponse check_reload(const httplib::Request& request,
                                                       httplib::Response& response) {
    if (is_local(request.remote_addr) && !request.has_header("Origin")) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 403;
    response.set_content("a reload can only be asked for on this host\n", kPlainText);
    return httplib::Server::HandlerResponse::Handled;
  }

  bool has_token(const httplib::Request& request) const {
    const auto& open = answers_.page.paths;
    return token_.empty() || request.path.ends_with("/health/live") ||
           std::find(open.begin(), open.end(), request.path) != open.end() ||
           same_secret(request.get_header_value("Authorization"), "Bearer " + token_);
  }

  void answer_metrics(const httplib::Request& request, httplib::Response& response) const {
    const auto body = answers_.metrics(request.get_header_value("Accept"));
    if (body) {
      response.set_content(body->text, body->content_type);
    } else {
      response.status = 503;
      response.set_content(body.error().message + "\n", kPlainText);
    }
  }

  void answer_page(httplib::Response& response) const {
    const HttpPage& page = answers_.page;
    response.set_header("Content-Security-Policy", page.content_security_policy);
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cache-Control", "no-cache");
    response.set_content(page.html, kHtml);  // the library compresses it
  }

  void answer_log_lines(const httplib::Request& request, httplib::Response& response) const {
    const char* refusal = nullptr;
    if (!answers_.log_lines_json) {
      refusal =
          "log lines are shown on a loopback address, with http.token or with client "
          "certificates";
    } else if (token_.empty() && !is_address(request.get_header_value("Host"))) {
      refusal =
          "without http.token, log lines are shown under an address or 'localhost', not under "
          "another name";
    }
    if (refusal != nullptr) {
      response.status = 403;
      response.set_content(error_json(refusal), kJson);
      return;
    }
    response.set_content(answers_.log_lines_json(parameters_of(request)), kJson);
  }

  void answer_reload(httplib::Response& response) const {
    const auto result = answers_.reload();
    response.status = result ? 200 : 422;
    response.set_content((result ? *result : result.error().message) + "\n", kPlainText);
  }

  void answer_status(const httplib::Request& request, httplib::Response& response) const {
    if (request.get_header_value("Accept").starts_with("text/plain")) {
      response.set_content(answers_.status_text(), kPlainText);
    } else {
      response.set_content(answers_.status_json(), kJson);
    }
  }

  void answer_ready(httplib::Response& response) const {
    const std::vector<std::string> reasons = answers_.reasons_not_ready();
    response.status = reasons.empty() ? 200 : 503;
    response.set_content(reasons.empty() ? "{\"status\":\"ready\"}\n" : not_ready_json(reasons),
                         kJson);
  }

  static void answer_taken(const base::Expected<void>& taken, const std::string& what,
                           httplib::Response& response) {
    response.status = taken ? 200 : status_of(taken.error().code);
    response.set_content(
        taken ? "{\"status\":\"" + what + "\"}\n" : error_json(taken.error().message), kJson);
  }

  const std::string token_;
  const HttpAnswers answers_;
  ConnectionPlaces places_;
  const std::unique_ptr<httplib::Server> server_;
  int port_ = -1;
  int listening_ = -1;
  std::future<void> served_;
};

base::Expected<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                              HttpAnswers answers) {
  auto server = make_server(options);
  if (server == nullptr) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            "cannot listen on '" + options.listen + "': certificate '" +
                                options.tls_cert + "', its key or client_ca cannot be used");
  }
  auto implementation =
      std::make_unique<Implementation>(options, std::move(answers), std::move(server));
  if (auto listens = implementation->listen(options); !listens) {
    return tl::unexpected(listens.error());
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(implementation)));
}

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const {
  return implementation_->port();
}
void HttpServer::stop() {
  implementation_->stop();
}

}  // namespace sawlog::agent
