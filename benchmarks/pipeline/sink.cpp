// A destination that answers at once: Elasticsearch's _bulk and Loki's push, by HTTP/1.1.
//
//   pipeline_sink PORT        listens on 127.0.0.1:PORT until SIGTERM
//   GET /totals               {"requests":…,"lines":…,"body_bytes":…,"raw_bytes":…} so far
//
// It inflates each body to count its lines, so it can say whether all of them came. One thread and
// epoll: it has a core to itself while an agent is measured, and must be faster than that agent.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

#include <libdeflate.h>
#include <snappy.h>

namespace {

struct Totals {
  uint64_t requests = 0;
  uint64_t lines = 0;
  uint64_t body_bytes = 0;  // as sent
  uint64_t raw_bytes = 0;   // inflated
};

struct Request {
  std::string_view target;
  std::string_view encoding;
  std::string_view body;
  bool expects_continue = false;
};

struct Connection {
  std::string in;
  std::string out;
  std::string chunks;  // the body so far, when it comes in chunks
  bool continued = false;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto is_same = [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

std::string_view header(std::string_view head, std::string_view name) {
  size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, at - begin);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equals_ignoring_case(line.substr(0, colon), name)) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

// The inflated body; empty when it cannot be read.
std::string_view inflate(const Request& request, std::string& buffer) {
  if (request.encoding == "gzip") {
    static libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
    uint32_t size = 0;  // a gzip member ends with its length
    std::memcpy(&size, request.body.data() + request.body.size() - 4, 4);
    buffer.resize(std::max<size_t>(buffer.size(), size));
    size_t inflated = 0;
    if (libdeflate_gzip_decompress(decompressor, request.body.data(), request.body.size(),
                                   buffer.data(), buffer.size(), &inflated) != LIBDEFLATE_SUCCESS) {
      return {};
    }
    return {buffer.data(), inflated};
  }
  return request.body;
}

uint64_t count_newlines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

uint64_t varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

// How many fields of this number, all of them of wire type 2, a protobuf message has; each is
// handed to visit.
template <class Visit>
void each_field(std::string_view message, uint64_t number, Visit visit) {
  while (!message.empty()) {
    const uint64_t key = varint(message);
    if ((key & 7) == 0) {
      varint(message);
      continue;
    }
    const uint64_t size = std::min<uint64_t>(varint(message), message.size());
    if (key >> 3 == number) visit(message.substr(0, size));
    message.remove_prefix(size);
  }
}

// Entries of a PushRequest: streams (1), entries (2).
uint64_t count_loki_lines(std::string_view body, std::string& buffer) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return 0;
  buffer.resize(std::max(buffer.size(), size));
  if (!snappy::RawUncompress(body.data(), body.size(), buffer.data())) return 0;
  uint64_t lines = 0;
  each_field({buffer.data(), size}, 1,
             [&](std::string_view stream) { each_field(stream, 2, [&](auto) { ++lines; }); });
  return lines;
}

void append_response(std::string& out, std::string_view status, std::string_view body) {
  out.append("HTTP/1.1 ").append(status);
  out.append("\r\nX-elastic-product: Elasticsearch\r\nContent-Type: application/json\r\n");
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  out.append(body);
}

// What Elasticsearch says when all of it was created, as far as filter_path wants to hear it.
std::string bulk_answer(std::string_view target, uint64_t items) {
  const size_t at = target.find("filter_path=");
  const bool is_filtered = at != std::string_view::npos;
  const std::string_view filter = is_filtered ? target.substr(at) : std::string_view();
  const auto wants = [&](std::string_view name) {
    return !is_filtered || filter.find(name) != std::string_view::npos;
  };
  std::string item = "{\"create\":{";
  if (wants("_index")) item.append("\"_index\":\"logs\",");
  if (!is_filtered) item.append("\"_id\":\"x\",\"_version\":1,\"result\":\"created\",");
  item.append("\"status\":201}},");
  std::string answer = "{\"errors\":false,\"took\":1,\"items\":[";
  answer.reserve(answer.size() + items * item.size() + 8);
  for (uint64_t i = 0; i < items; ++i) answer.append(item);
  if (answer.back() == ',') answer.pop_back();
  return answer + "]}";
}

std::string as_json(const Totals& totals) {
  return "{\"requests\":" + std::to_string(totals.requests) +
         ",\"lines\":" + std::to_string(totals.lines) +
         ",\"body_bytes\":" + std::to_string(totals.body_bytes) +
         ",\"raw_bytes\":" + std::to_string(totals.raw_bytes) + "}";
}

void answer(const Request& request, Totals& totals, std::string& buffer, std::string& out) {
  if (request.target == "/totals") {
    append_response(out, "200 OK", as_json(totals));
    return;
  }
  ++totals.requests;
  totals.body_bytes += request.body.size();
  if (request.target.find("/loki/api/v1/push") != std::string_view::npos) {
    totals.lines += count_loki_lines(request.body, buffer);
    out.append("HTTP/1.1 204 No Content\r\n\r\n");
    return;
  }
  if (request.target.find("/_resolve/index/") != std::string_view::npos) {
    append_response(out, "200 OK", R"({"indices":[],"aliases":[],"data_streams":[]})");
    return;
  }
  if (request.target.find("_bulk") == std::string_view::npos) {
    append_response(out, "200 OK", R"({"version":{"number":"8.19.0"},"tagline":"sink"})");
    return;
  }
  const std::string_view body = inflate(request, buffer);
  totals.raw_bytes += body.size();
  const uint64_t items = count_newlines(body) / 2;  // each an action and a document
  totals.lines += items;
  append_response(out, "200 OK", bulk_answer(request.target, items));
}

// Takes a chunked body apart from `at` on; where the request ends, or npos when more must come.
size_t read_chunks(Connection& connection, size_t at) {
  const std::string_view in = connection.in;
  connection.chunks.clear();
  while (true) {
    const size_t line_end = in.find("\r\n", at);
    if (line_end == std::string_view::npos) return std::string_view::npos;
    size_t size = 0;
    std::from_chars(in.data() + at, in.data() + line_end, size, 16);
    at = line_end + 2;
    if (in.size() < at + size + 2) return std::string_view::npos;
    connection.chunks.append(in.substr(at, size));
    at += size + 2;
    if (size == 0) return at;
  }
}

// Answers every whole request in connection.in.
void serve(Connection& connection, Totals& totals, std::string& buffer) {
  while (true) {
    const std::string_view in = connection.in;
    const size_t head_end = in.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return;
    const std::string_view head = in.substr(0, head_end + 2);
    const size_t body_begin = head_end + 4;
    if (!connection.continued && !header(head, "Expect").empty()) {
      connection.out.append("HTTP/1.1 100 Continue\r\n\r\n");
      connection.continued = true;
    }
    Request request;
    const size_t target = head.find(' ') + 1;
    request.target = head.substr(target, head.find(' ', target) - target);
    request.encoding = header(head, "Content-Encoding");
    size_t end = 0;
    if (equals_ignoring_case(header(head, "Transfer-Encoding"), "chunked")) {
      end = read_chunks(connection, body_begin);
      if (end == std::string_view::npos) return;
      request.body = connection.chunks;
    } else {
      size_t size = 0;
      const std::string_view length = header(head, "Content-Length");
      std::from_chars(length.data(), length.data() + length.size(), size);
      end = body_begin + size;
      if (in.size() < end) return;
      request.body = in.substr(body_begin, size);
    }
    answer(request, totals, buffer, connection.out);
    connection.in.erase(0, end);
    connection.continued = false;
  }
}

int listen_on(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(listener, 128) != 0) die("listen");
  return listener;
}

class Sink {
 public:
  explicit Sink(uint16_t port) : listener_(listen_on(port)), epoll_(epoll_create1(0)) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = signalfd(-1, &signals, SFD_NONBLOCK);
    watch(listener_, EPOLLIN);
    watch(signals_, EPOLLIN);
  }

  // Until a signal.
  void run() {
    epoll_event events[64];
    while (true) {
      const int count = epoll_wait(epoll_, events, 64, -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == signals_) return;
        if (fd == listener_) {
          accept_all();
        } else {
          step(fd);
        }
      }
    }
  }

 private:
  void watch(int fd, uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  void accept_all() {
    for (int fd = 0; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd] = {};
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);
    }
  }

  void step(int fd) {
    Connection& connection = connections_[fd];
    bool is_open = read_all(fd, connection.in);
    serve(connection, totals_, buffer_);
    is_open = write_all(fd, connection.out) && is_open;
    if (!is_open) {
      close(fd);
      connections_.erase(fd);
    }
  }

  static bool read_all(int fd, std::string& in) {
    constexpr size_t kReadBytes = 1 << 20;
    while (true) {
      const size_t had = in.size();
      in.resize(had + kReadBytes);
      const ssize_t got = read(fd, in.data() + had, kReadBytes);
      in.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (got == 0) return false;
      if (got < 0) return errno == EAGAIN || errno == EINTR;
    }
  }

  static bool write_all(int fd, std::string& out) {
    while (!out.empty()) {
      const ssize_t sent = send(fd, out.data(), out.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      out.erase(0, static_cast<size_t>(sent));
    }
    return true;
  }

  int listener_;
  int epoll_;
  int signals_ = -1;
  std::unordered_map<int, Connection> connections_;
  std::string buffer_;
  Totals totals_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: pipeline_sink PORT\n");
    return 2;
  }
  Sink(static_cast<uint16_t>(std::strtoul(argv[1], nullptr, 10))).run();
  return 0;
}
