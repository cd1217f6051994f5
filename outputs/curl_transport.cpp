#include "outputs/curl_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>
#include <unordered_map>

#include <curl/curl.h>

#include "lib/base/check.h"
#include "outputs/secret_mask.h"

namespace sawlog::outputs {
namespace {

constexpr long kTransferBufferBytes = 512 << 10;
constexpr size_t kResponseReserveBytes = 16u << 10;
constexpr long kFirstRefusal = 300;  // statuses from here on may become messages

// Failures that only the operator can mend.
bool is_operators(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return true;
    default:
      return false;
  }
}

// "Retry-After: 3" → "3"; header lines end with CR LF.
std::string_view header_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return "";
  const bool is_it = std::equal(name.begin(), name.end(), line.begin(), [](char left, char right) {
    return left == (right >= 'A' && right <= 'Z' ? static_cast<char>(right + 32) : right);
  });
  if (!is_it) return "";
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  return line;
}

struct Transfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpResponse response;  // with the request
  bool is_too_large = false;
  bool has_whole_head = false;  // libcurl takes a head that was cut for a whole one
  std::array<char, CURL_ERROR_SIZE> error{};

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_slist_free_all(headers); }
};

size_t take_body(char* bytes, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string& body = transfer.response.body;
  if (body.size() + count > transfer.response.sent.response_bytes_max) {
    transfer.is_too_large = true;
    return 0;  // makes libcurl give up
  }
  if (body.empty()) body.reserve(std::max(count, kResponseReserveBytes));
  body.append(bytes, count);
  return count;
}

size_t take_header(char* bytes, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(bytes, count);
  if (line == "\r\n" || line == "\n") transfer.has_whole_head = true;
  const std::string_view value = header_value(line, "retry-after");
  if (!value.empty()) transfer.response.retry_after = value;
  return count;
}

std::string failure_text(const Transfer& transfer, CURLcode code) {
  if (transfer.is_too_large) {
    return "the answer is larger than " +
           std::to_string(transfer.response.sent.response_bytes_max) + " bytes";
  }
  if (code == CURLE_OK) return "the connection was closed in the middle of the answer";
  return transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
}

}  // namespace

class CurlTransport::Implementation {
 public:
  Implementation(CurlOptions options, const base::Clock& clock, int epoll_fd)
      : options_(std::move(options)),
        mask_({options_.credentials.password, options_.credentials.api_key,
               options_.credentials.bearer}),
        clock_(clock),
        epoll_fd_(epoll_fd) {
    static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    CHECK(initialized == CURLE_OK);
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Implementation::socket_changed);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Implementation::timer_changed);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections_max));
  }

  ~Implementation() {
    for (auto& [number, transfer] : transfers_) {
      curl_multi_remove_handle(multi_, transfer->easy);
      curl_easy_cleanup(transfer->easy);
    }
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
    ::close(epoll_fd_);
  }

  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  uint64_t start(HttpRequest request) {
    auto transfer = std::make_unique<Transfer>();
    transfer->response.request = ++last_number_;
    transfer->response.sent = std::move(request);
    transfer->easy = idle_.empty() ? curl_easy_init() : idle_.back();
    if (!idle_.empty()) idle_.pop_back();
    CHECK(transfer->easy != nullptr);
    prepare(*transfer);
    CHECK(curl_multi_add_handle(multi_, transfer->easy) == CURLM_OK);
    transfers_.emplace(last_number_, std::move(transfer));
    return last_number_;
  }

  std::vector<HttpResponse> poll() {
    if (deadline_monotonic_ns_ <= clock_.monotonic_ns()) {
      deadline_monotonic_ns_ = INT64_MAX;
      act(CURL_SOCKET_TIMEOUT, 0);
    }
    std::array<epoll_event, 32> events{};
    const int count =
        epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), /*timeout=*/0);
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = events[static_cast<size_t>(index)];
      int mask = 0;
      if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) mask |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
      if ((event.events & EPOLLERR) != 0) mask |= CURL_CSELECT_ERR;
      act(event.data.fd, mask);
    }
    return take_finished();
  }

  [[nodiscard]] int epoll_fd() const { return epoll_fd_; }
  [[nodiscard]] int64_t deadline_monotonic_ns() const { return deadline_monotonic_ns_; }

 private:
  void act(curl_socket_t socket, int mask) {
    int running = 0;
    CHECK(curl_multi_socket_action(multi_, socket, mask, &running) == CURLM_OK);
  }

  void prepare(Transfer& transfer) const {
    CURL* const easy = transfer.easy;
    const HttpRequest& request = transfer.response.sent;
    curl_easy_reset(easy);
    set_request(transfer);
    set_tls(easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kTransferBufferBytes);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kTransferBufferBytes);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(request.timeout_ns / base::kNsPerMs));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout_ns / base::kNsPerMs));
  }

  void set_request(Transfer& transfer) const {
    CURL* const easy = transfer.easy;
    const HttpRequest& request = transfer.response.sent;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    if (request.method == "GET") {
      curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      if (request.method != "POST") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
      }
    }
    for (const std::string& header : request.headers) add_header(transfer, header);
    add_header(transfer, "Expect:");
    add_credentials(transfer);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  }

  static void add_header(Transfer& transfer, const std::string& header) {
    curl_slist* const longer = curl_slist_append(transfer.headers, header.c_str());
    CHECK(longer != nullptr);
    transfer.headers = longer;
  }

  void add_credentials(Transfer& transfer) const {
    const Credentials& credentials = options_.credentials;
    if (!credentials.api_key.empty()) {
      add_header(transfer, "Authorization: ApiKey " + credentials.api_key);
    } else if (!credentials.bearer.empty()) {
      add_header(transfer, "Authorization: Bearer " + credentials.bearer);
    } else if (!credentials.username.empty() || !credentials.password.empty()) {
      curl_easy_setopt(transfer.easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt(transfer.easy, CURLOPT_USERNAME, credentials.username.c_str());
      curl_easy_setopt(transfer.easy, CURLOPT_PASSWORD, credentials.password.c_str());
    }
  }

  void set_tls(CURL* easy) const {
    const TlsOptions& tls = options_.tls;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca_path.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_path.c_str());
    if (!tls.cert_path.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_path.c_str());
    if (!tls.key_path.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_path.c_str());
  }

  std::vector<HttpResponse> take_finished() {
    std::vector<HttpResponse> finished;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL* const easy = message->easy_handle;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      HttpResponse& response = transfer->response;
      if (code == CURLE_OK && transfer->has_whole_head) {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        response.status = static_cast<int>(status);
        if (status >= kFirstRefusal) mask_.apply(response.sent.headers, response.body);
      } else {
        response.error = failure_text(*transfer, code);
        response.is_operators_fault = is_operators(code);
        response.body.clear();
      }
      curl_multi_remove_handle(multi_, easy);
      idle_.push_back(easy);
      finished.push_back(std::move(response));
      transfers_.erase(finished.back().request);
    }
    return finished;
  }

  static int socket_changed(CURL*, curl_socket_t socket, int what, void* user, void* is_known) {
    auto& self = *static_cast<Implementation*>(user);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(self.epoll_fd_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    event.data.fd = socket;
    if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
    if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
    if (is_known == nullptr) curl_multi_assign(self.multi_, socket, user);
    const int operation = is_known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(self.epoll_fd_, operation, socket, &event) == 0) return 0;
    return errno == EEXIST && epoll_ctl(self.epoll_fd_, EPOLL_CTL_MOD, socket, &event) == 0 ? 0
                                                                                            : -1;
  }

  static int timer_changed(CURLM*, long wait_ms, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    self.deadline_monotonic_ns_ =
        wait_ms < 0 ? INT64_MAX : self.clock_.monotonic_ns() + wait_ms * base::kNsPerMs;
    return 0;
  }

  const CurlOptions options_;
  const SecretMask mask_;
  const base::Clock& clock_;
  const int epoll_fd_;
  CURLM* multi_ = nullptr;
  int64_t deadline_monotonic_ns_ = INT64_MAX;
  uint64_t last_number_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::vector<CURL*> idle_;  // handles to be used again
};

base::Expected<std::unique_ptr<CurlTransport>> CurlTransport::create(CurlOptions options,
                                                                     const base::Clock& clock) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return tl::unexpected(base::os_error("create", "epoll descriptor", errno));
  return std::unique_ptr<CurlTransport>(
      new CurlTransport(std::make_unique<Implementation>(std::move(options), clock, epoll_fd)));
}

CurlTransport::CurlTransport(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
CurlTransport::~CurlTransport() = default;

uint64_t CurlTransport::start(HttpRequest request) {
  return implementation_->start(std::move(request));
}
std::vector<HttpResponse> CurlTransport::poll() {
  return implementation_->poll();
}
int CurlTransport::wake_fd() const {
  return implementation_->epoll_fd();
}
int64_t CurlTransport::next_deadline_monotonic_ns() const {
  return implementation_->deadline_monotonic_ns();
}

}  // namespace sawlog::outputs
