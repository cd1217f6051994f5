// Real requests over the loopback.
#include "agent/endpoints/http_server.h"

#include <arpa/inet.h>
#include <semaphore>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

HttpAnswers answers() {
  HttpAnswers functions;
  functions.metrics = [](std::string_view accept) -> base::Expected<HttpAnswers::Body> {
    return HttpAnswers::Body{"text/plain; version=0.0.4", "accept " + std::string(accept) + "\n"};
  };
  functions.reasons_not_ready = [] { return std::vector<std::string>(); };
  functions.status_json = [] { return std::string("{\"consumers\":[]}"); };
  functions.summary_json = [] { return std::string("{\"requests\":{}}"); };
  functions.status_text = [] { return std::string("one screen\n"); };
  return functions;
}

std::unique_ptr<HttpServer> started(HttpAnswers functions, const std::string& token = "") {
  auto server = HttpServer::start({"127.0.0.1:0", token}, std::move(functions));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

bool is_whole(const std::string& answer) {
  const std::string name = "Content-Length: ";
  const size_t length = answer.find(name);
  const size_t body = answer.find("\r\n\r\n");
  return body != std::string::npos && length < body &&
         answer.size() >= body + 4 + std::stoul(answer.substr(length + name.size()));
}

// A socket, whether or not somebody answers.
std::pair<int, bool> connected(int port) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  void* const untyped = &address;
  const int result = connect(socket_fd, static_cast<sockaddr*>(untyped), sizeof(address));
  return {socket_fd, result == 0};
}

// Sends the bytes and returns the answer.
std::string talk(int port, const std::string& request) {
  const auto [socket_fd, is_connected] = connected(port);
  std::string answer;
  if (is_connected) {
    (void)!send(socket_fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = recv(socket_fd, buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer.data(), static_cast<size_t>(size));
      if (is_whole(answer)) break;
    }
  }
  close(socket_fd);
  return answer;
}

std::string get(int port, const std::string& path, const std::string& headers = "") {
  return talk(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
}

int status_of(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}
std::string body_of(const std::string& answer) {
  const size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

TEST(HttpServer, AnswersUnderEverySpelling) {
  const auto server = started(answers());
  ASSERT_GT(server->port(), 0);
  for (const std::string prefix : {"", "/api/v1/monitoring", "/api/v1", "/monitoring"}) {
    EXPECT_EQ(body_of(get(server->port(), prefix + "/metrics", "Accept: text/plain\r\n")),
              "accept text/plain\n");
    EXPECT_EQ(body_of(get(server->port(), prefix + "/health")), "{\"status\":\"ok\"}\n");
    EXPECT_EQ(body_of(get(server->port(), prefix + "/health/live")), "{\"status\":\"ok\"}\n");
    EXPECT_EQ(body_of(get(server->port(), prefix + "/health/ready")), "{\"status\":\"ready\"}\n");
    EXPECT_EQ(body_of(get(server->port(), prefix + "/status")), "{\"consumers\":[]}");
    EXPECT_EQ(body_of(get(server->port(), prefix + "/summary")), "{\"requests\":{}}");
  }
  EXPECT_EQ(body_of(get(server->port(), "/status", "Accept: text/plain\r\n")), "one screen\n");
  EXPECT_EQ(status_of(get(server->port(), "/nothing")), 404);
  EXPECT_EQ(status_of(get(server->port(), "/../../etc/passwd")), 404);
  EXPECT_NE(get(server->port(), "/metrics").find("Content-Type: text/plain; version=0.0.4"),
            std::string::npos);
}

TEST(HttpServer, SaysWhyItIsNotReady) {
  HttpAnswers functions = answers();
  functions.reasons_not_ready = [] {
    return std::vector<std::string>{"output 'search': \"refused\"", "disk full"};
  };
  const auto server = started(std::move(functions));
  const std::string answer = get(server->port(), "/health/ready");
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(body_of(answer),
            "{\"status\":\"not ready\",\"reasons\":[\"output 'search': \\\"refused\\\"\","
            "\"disk full\"]}\n");
  EXPECT_EQ(status_of(get(server->port(), "/health/live")), 200);
}

TEST(HttpServer, MetricsMayBeWithheld) {
  HttpAnswers functions = answers();
  functions.metrics = [](std::string_view) -> base::Expected<HttpAnswers::Body> {
    return base::unexpected(base::ErrorCode::kUnavailable, "the state was damaged");
  };
  const auto server = started(std::move(functions));
  const std::string answer = get(server->port(), "/metrics");
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(body_of(answer), "the state was damaged\n");
}

TEST(HttpServer, AsksForTheToken) {
  const auto server = started(answers(), "correct horse");
  const int port = server->port();
  EXPECT_EQ(status_of(get(port, "/metrics")), 401);
  EXPECT_EQ(status_of(get(port, "/metrics", "Authorization: Bearer correct hors\r\n")), 401);
  EXPECT_EQ(status_of(get(port, "/metrics", "Authorization: Bearer correct horsf\r\n")), 401);
  EXPECT_EQ(status_of(get(port, "/metrics", "Authorization: Basic correct horse\r\n")), 401);
  EXPECT_EQ(status_of(get(port, "/metrics", "Authorization: Bearer correct horse\r\n")), 200);
  EXPECT_EQ(status_of(get(port, "/nothing")), 401);
  EXPECT_EQ(status_of(get(port, "/health/live")), 200);
}

TEST(HttpServer, RefusesWhatIsTooLarge) {
  const auto server = started(answers());
  const int port = server->port();
  EXPECT_NE(status_of(get(port, "/" + std::string(20'000, 'a'))), 200);
  EXPECT_NE(status_of(get(port, "/metrics", "X: " + std::string(20'000, 'a') + "\r\n")), 200);
  const std::string post = "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
  EXPECT_EQ(status_of(talk(port, post)), 405);
  EXPECT_NE(status_of(talk(port, std::string("\0\xff garbage\r\n\r\n", 13))), 200);
  EXPECT_EQ(status_of(get(port, "/metrics")), 200);
}

std::string post(int port, const std::string& path, const std::string& body,
                 const std::string& type = "application/json") {
  return talk(port, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
                        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(HttpServer, TakesValuesUnderEverySpelling) {
  HttpAnswers functions = answers();
  std::vector<std::string> bodies;
  functions.record = [&](std::string_view body) -> base::Expected<void> {
    bodies.emplace_back(body);
    return {};
  };
  const auto server = started(std::move(functions));
  for (const std::string prefix : {"", "/api/v1/monitoring", "/api/v1", "/monitoring"}) {
    const std::string answer = post(server->port(), prefix + "/record", "{\"value\":1}");
    EXPECT_EQ(status_of(answer), 200) << prefix;
    EXPECT_EQ(body_of(answer), "{\"status\":\"recorded\"}\n");
  }
  EXPECT_EQ(bodies, std::vector<std::string>(4, "{\"value\":1}"));
}

TEST(HttpServer, SaysWhyAValueIsNotTaken) {
  HttpAnswers functions = answers();
  functions.record = [](std::string_view body) -> base::Expected<void> {
    if (body == "full") return base::unexpected(base::ErrorCode::kUnavailable, "not read yet");
    return base::unexpected(base::ErrorCode::kInvalid, "it lacks 'name'");
  };
  const auto server = started(std::move(functions), "secret");
  const int port = server->port();
  EXPECT_EQ(status_of(post(port, "/record", "{}")), 401);
  const std::string with_token = "application/json\r\nAuthorization: Bearer secret";
  const std::string answer = post(port, "/record", "{}", with_token);
  EXPECT_EQ(status_of(answer), 400);
  EXPECT_EQ(body_of(answer), "{\"error\":\"it lacks 'name'\"}\n");
  EXPECT_EQ(status_of(post(port, "/record", "full", with_token)), 503);
  EXPECT_EQ(status_of(post(port, "/record", std::string(70'000, ' '), with_token)), 413);
  EXPECT_EQ(status_of(post(port, "/record", "{}", "text/plain\r\nAuthorization: Bearer secret")),
            415);
  EXPECT_EQ(status_of(get(port, "/record", "Authorization: Bearer secret\r\n")), 405);
  EXPECT_EQ(status_of(post(port, "/metrics", "{}", with_token)), 405);
}

TEST(HttpServer, TakesNothingWhereThatIsOff) {
  const auto server = started(answers());
  EXPECT_EQ(status_of(post(server->port(), "/record", "{}")), 403);
}

std::string ask_reload(int port, const std::string& headers = "") {
  const std::string path = "/reload";
  return talk(port, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" +
                        headers + "\r\n");
}

TEST(HttpServer, Reloads) {
  HttpAnswers functions = answers();
  EXPECT_EQ(status_of(ask_reload(started(functions)->port())), 405) << "nobody can do it";
  bool is_good = true;
  functions.reload = [&]() -> base::Expected<std::string> {
    if (is_good) return "nothing changed";
    return base::unexpected(base::ErrorCode::kInvalid, "sawlog.yaml:1:1: wrong");
  };
  const auto server = started(std::move(functions), "secret");
  const std::string token = "Authorization: Bearer secret\r\n";
  EXPECT_EQ(status_of(ask_reload(server->port())), 401);
  EXPECT_EQ(body_of(ask_reload(server->port(), token)), "nothing changed\n");
  EXPECT_EQ(status_of(ask_reload(server->port(), token + "Origin: http://localhost\r\n")), 403);
  is_good = false;
  const std::string answer = ask_reload(server->port(), token);
  EXPECT_EQ(status_of(answer), 422);
  EXPECT_EQ(body_of(answer), "sawlog.yaml:1:1: wrong\n");
}

TEST(HttpServer, ManyAtOnce) {
  const auto server = started(answers());
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&] {
      for (int i = 0; i < 10; ++i) answered += status_of(get(server->port(), "/metrics")) == 200;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 40);
}

// Forty connections, each of which sends a byte of its request now and then.
class Dribblers {
 public:
  explicit Dribblers(int port) {
    for (int i = 0; i < 40; ++i) sockets_.push_back(connected(port).first);
    thread_ = std::thread([this] {
      send_all("GET /metrics HTTP/1.1\r\nX: ");
      while (!ends_.try_acquire_for(std::chrono::milliseconds(20))) send_all("x");
    });
  }
  ~Dribblers() {
    ends_.release();
    thread_.join();
    for (const int socket_fd : sockets_) close(socket_fd);
  }

 private:
  void send_all(std::string_view bytes) const {
    for (const int socket_fd : sockets_) {
      (void)!send(socket_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  std::vector<int> sockets_;
  std::binary_semaphore ends_{0};
  std::thread thread_;
};

TEST(HttpServer, SlowClientsHoldUpNobody) {
  const auto server =
      HttpServer::start({.listen = "127.0.0.1:0", .connection_max_ns = 200'000'000}, answers());
  ASSERT_TRUE(server);
  const Dribblers dribblers((*server)->port());
  EXPECT_EQ(status_of(get((*server)->port(), "/metrics")), 200);
}

TEST(HttpServer, StopsWhileSlowClientsHoldEveryPlace) {
  const auto server = HttpServer::start({.listen = "127.0.0.1:0"}, answers());
  ASSERT_TRUE(server);
  const Dribblers dribblers((*server)->port());
  (*server)->stop();
}

TEST(HttpServer, AnAddressThatIsTakenIsAnError) {
  const auto server = started(answers());
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  const auto second = HttpServer::start({address, ""}, answers());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot listen on '" + address + "': Address already in use");
  const auto elsewhere = HttpServer::start({"203.0.113.1:7295", ""}, answers());
  ASSERT_FALSE(elsewhere);
  EXPECT_TRUE(elsewhere.error().message.starts_with("cannot listen on '203.0.113.1:7295': "));
  EXPECT_FALSE(HttpServer::start({"nonsense", ""}, answers()));
}

TEST(HttpServer, StopsAndLetsThePortGo) {
  auto server = started(answers());
  const int port = server->port();
  server->stop();
  server->stop();
  EXPECT_EQ(get(port, "/metrics"), "");
  const auto next = HttpServer::start({"127.0.0.1:" + std::to_string(port), ""}, answers());
  EXPECT_TRUE(next) << next.error().message;
}

}  // namespace
}  // namespace sawlog::agent
