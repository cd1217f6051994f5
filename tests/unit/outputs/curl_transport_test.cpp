#include "outputs/curl_transport.h"

#include <filesystem>
#include <poll.h>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>

#include "tests/unit/outputs/scripted_server.h"

namespace sawlog::outputs {
namespace {

using base::kNsPerMs;
using base::kNsPerSecond;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Reply always_ok(const std::string&) {
  return {std::string(kOk)};
}

class Client {
 public:
  explicit Client(CurlOptions options = {}) {
    auto made = CurlTransport::create(std::move(options), clock_);
    EXPECT_TRUE(made);
    transport_ = std::move(*made);
  }

  uint64_t start(HttpRequest request) { return transport_->start(std::move(request)); }

  // As a consumer does: waits for the descriptor and the deadline, never longer.
  std::vector<HttpResponse> wait_for(size_t count) {
    std::vector<HttpResponse> responses;
    while (responses.size() < count) {
      for (HttpResponse& response : transport_->poll()) responses.push_back(std::move(response));
      if (responses.size() >= count) break;
      const int64_t wait_ns = transport_->next_deadline_monotonic_ns() - clock_.monotonic_ns();
      const int64_t wait_ms = std::clamp<int64_t>(wait_ns / kNsPerMs + 1, 0, 10'000);
      pollfd waiting{transport_->wake_fd(), POLLIN, 0};
      if (wait_ns > 0) ::poll(&waiting, 1, static_cast<int>(wait_ms));
    }
    return responses;
  }

  HttpResponse send(HttpRequest request) {
    const uint64_t number = start(std::move(request));
    HttpResponse response = std::move(wait_for(1).at(0));
    EXPECT_EQ(response.request, number);
    return response;
  }

 private:
  base::SystemClock clock_;
  std::unique_ptr<CurlTransport> transport_;
};

TEST(CurlTransport, SendsTheRequestAsItIs) {
  std::string received;
  ScriptedServer server([&](const std::string& request) {
    received = request;
    return Reply{std::string(kOk)};
  });
  Client client;
  const std::string body("line\n\0binary", 12);
  const HttpResponse response = client.send(
      {.url = server.url() + "/x/_bulk?a=b", .headers = {"X-One: 1", "X-Two: 2"}, .body = body});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.sent.body, body);
  EXPECT_EQ(received.substr(0, received.find("\r\n")), "POST /x/_bulk?a=b HTTP/1.1");
  EXPECT_NE(received.find("X-One: 1\r\n"), std::string::npos);
  EXPECT_NE(received.find("X-Two: 2\r\n"), std::string::npos);
  EXPECT_EQ(received.find("Expect"), std::string::npos);
  EXPECT_EQ(received.find("Authorization"), std::string::npos);
  EXPECT_TRUE(received.ends_with("\r\n\r\n" + body));
}

TEST(CurlTransport, GetsToo) {
  std::string received;
  ScriptedServer server([&](const std::string& request) {
    received = request;
    return Reply{std::string(kOk)};
  });
  EXPECT_EQ(Client().send({.method = "GET", .url = server.url() + "/ready"}).status, 200);
  EXPECT_EQ(received.substr(0, 16), "GET /ready HTTP/");
}

TEST(CurlTransport, KeepsTheConnection) {
  ScriptedServer server(always_ok);
  Client client;
  for (int request = 0; request < 10; ++request) {
    EXPECT_EQ(client.send({.url = server.url(), .body = "x"}).status, 200);
  }
  EXPECT_EQ(server.connection_count(), 1);
}

TEST(CurlTransport, ManyRequestsAreInFlightAtOnce) {
  httplib::Server server;
  server.Post("/", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.body.substr(0, 2), "text/plain");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  {
    Client client;
    std::set<uint64_t> started;
    for (int request = 10; request < 16; ++request) {
      started.insert(client.start({.url = "http://127.0.0.1:" + std::to_string(port) + "/",
                                   .headers = {"Content-Type: application/x-ndjson"},
                                   .body = std::to_string(request) + std::string(300'000, 'x')}));
    }
    std::set<uint64_t> answered;
    for (const HttpResponse& response : client.wait_for(6)) {
      EXPECT_EQ(response.body, response.sent.body.substr(0, 2)) << response.error;
      answered.insert(response.request);
    }
    EXPECT_EQ(answered, started);
  }
  server.stop();
  thread.join();
}

TEST(CurlTransport, GivesStatusAndRetryAfter) {
  ScriptedServer server([](const std::string&) {
    return Reply{"HTTP/1.1 429 Too Many\r\nRETRY-After:  7 \r\nContent-Length: 4\r\n\r\nbusy"};
  });
  const HttpResponse response = Client().send({.url = server.url()});
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after, "7");
  EXPECT_EQ(response.body, "busy");
}

TEST(CurlTransport, DoesNotFollowRedirects) {
  ScriptedServer elsewhere(always_ok);
  ScriptedServer server([&](const std::string&) {
    return Reply{"HTTP/1.1 307 Moved\r\nLocation: " + elsewhere.url() +
                 "\r\nContent-Length: 0\r\n\r\n"};
  });
  EXPECT_EQ(Client().send({.url = server.url()}).status, 307);
  EXPECT_EQ(elsewhere.connection_count(), 0);
}

void check_unknown(const std::string& bytes, const std::string& want_in_error) {
  ScriptedServer server([&](const std::string&) { return Reply{bytes, true}; });
  const HttpResponse response = Client().send({.url = server.url(), .body = "x"});
  EXPECT_EQ(response.status, 0) << bytes;
  EXPECT_NE(response.error.find(want_in_error), std::string::npos) << response.error;
  EXPECT_FALSE(response.is_operators_fault);
  EXPECT_EQ(response.sent.body, "x");
}

TEST(CurlTransport, AnAnswerThatIsCutIsUnknown) {
  check_unknown("", "Empty reply");
  check_unknown("HTTP/1.1 200 OK\r\nContent-Le", "");
  check_unknown("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errors\":false",
                "transfer closed");
  check_unknown("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err\r\n", "");
}

TEST(CurlTransport, NobodyListensIsUnknown) {
  std::string url;
  {
    url = ScriptedServer(always_ok).url();
  }
  const HttpResponse response = Client().send({.url = url});
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error.find("connect"), std::string::npos) << response.error;
  EXPECT_FALSE(response.is_operators_fault);
}

TEST(CurlTransport, ASlowAnswerTimesOut) {
  ScriptedServer server([](const std::string&) { return Reply{"HTTP/1.1 200 OK\r\n"}; });
  const HttpResponse response = Client().send({.url = server.url(), .timeout_ns = 50 * kNsPerMs});
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error.find("timed out"), std::string::npos) << response.error;
}

TEST(CurlTransport, ATooLargeAnswerIsCutOff) {
  const std::string body(100'001, 'x');
  ScriptedServer server([&](const std::string&) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n" + body};
  });
  Client client;
  const HttpResponse response = client.send({.url = server.url(), .response_bytes_max = 100'000});
  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.error, "the answer is larger than 100000 bytes");
  EXPECT_TRUE(response.body.empty());
  EXPECT_EQ(client.send({.url = server.url()}).status, 200);
}

TEST(CurlTransport, AnUnusableUrlIsTheOperators) {
  for (const char* const url : {"ftp://127.0.0.1/", "http://", "gopher://x"}) {
    const HttpResponse response = Client().send({.url = url});
    EXPECT_EQ(response.status, 0) << url;
    EXPECT_TRUE(response.is_operators_fault) << url;
  }
}

void check_authorization(const Credentials& credentials, const std::string& want) {
  std::string received;
  ScriptedServer server([&](const std::string& request) {
    received = request;
    return Reply{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"};
  });
  Client client({.credentials = credentials});
  const HttpResponse response = client.send({.url = server.url(), .body = "x"});
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(received.find("Authorization: " + want + "\r\n"), std::string::npos) << received;
  for (const std::string& header : response.sent.headers) {
    EXPECT_EQ(header.find("Authorization"), std::string::npos);
  }
}

TEST(CurlTransport, Authorizes) {
  check_authorization({.username = "elastic", .password = "se:cret"}, "Basic ZWxhc3RpYzpzZTpjcmV0");
  check_authorization({.api_key = "a2V5"}, "ApiKey a2V5");
  check_authorization({.bearer = "token"}, "Bearer token");
}

// An HTTPS server with a certificate of its own, made by the openssl tool.
class CurlTransportTls : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("sawlog-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 "
        "-subj /CN=sawlog-test -addext subjectAltName=IP:127.0.0.1 -keyout '" +
        key() + "' -out '" + certificate() + "' 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    server_ = std::make_unique<httplib::SSLServer>(certificate().c_str(), key().c_str());
    server_->Post("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok", "text/plain");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
  }
  void TearDown() override {
    while (!server_->is_running()) std::this_thread::yield();
    server_->stop();
    thread_.join();
    std::filesystem::remove_all(directory_);
  }

  std::string certificate() const { return directory_ / "cert.pem"; }
  std::string key() const { return directory_ / "key.pem"; }
  HttpResponse send(TlsOptions tls, const std::string& host = "127.0.0.1") {
    return Client({.tls = std::move(tls)})
        .send({.url = "https://" + host + ":" + std::to_string(port_) + "/", .body = "x"});
  }

  std::filesystem::path directory_;
  std::unique_ptr<httplib::SSLServer> server_;
  std::thread thread_;
  int port_ = 0;
};

TEST_F(CurlTransportTls, VerifiesCertificateAndName) {
  EXPECT_EQ(send({.ca_path = certificate()}).status, 200);
  EXPECT_EQ(send({.verify = false}).status, 200);

  const HttpResponse unknown_issuer = send({});
  EXPECT_EQ(unknown_issuer.status, 0);
  EXPECT_TRUE(unknown_issuer.is_operators_fault) << unknown_issuer.error;
  EXPECT_NE(unknown_issuer.error.find("certificate"), std::string::npos) << unknown_issuer.error;

  const HttpResponse other_name = send({.ca_path = certificate()}, "localhost");
  EXPECT_EQ(other_name.status, 0);
  EXPECT_TRUE(other_name.is_operators_fault) << other_name.error;

  const HttpResponse no_ca = send({.ca_path = "/nonexistent/ca.pem"});
  EXPECT_EQ(no_ca.status, 0);
  EXPECT_TRUE(no_ca.is_operators_fault) << no_ca.error;
}

}  // namespace
}  // namespace sawlog::outputs
