#include "agent/alerts/mail.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include <curl/curl.h>

#include "lib/base/check.h"
#include "lib/base/clock.h"

namespace sawlog::agent {
namespace {

constexpr size_t kLineLetters = 76;  // of base64, RFC 2045
constexpr size_t kWordBytes = 39;    // of a subject in one encoded word of at most 75 letters

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      out += i <= count ? kLetters[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

// As it is when it is ASCII, else encoded words, cut between characters.
std::string header_text(std::string_view text) {
  const auto is_plain = [](char letter) { return letter >= 0x20 && letter < 0x7f; };
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t size = std::min(text.size(), kWordBytes);
    while (size < text.size() && size > 1 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) {
      --size;
    }
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?" + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

std::string date_text(int64_t unix_ns) {
  const std::time_t seconds = unix_ns / base::kNsPerSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return {text.data(), size};
}

struct Upload {
  std::string bytes;
  size_t sent = 0;
  const std::function<bool()>& gives_up;
};

size_t give_bytes(char* into, size_t, size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const size_t given = upload.bytes.copy(into, count, upload.sent);
  upload.sent += given;
  return given;
}

int look_around(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& upload = *static_cast<Upload*>(user);
  return upload.gives_up && upload.gives_up() ? 1 : 0;
}

void set_server(CURL* easy, const config::ReceiverConfig& server) {
  const bool is_tls = server.server.ends_with(":465");
  const std::string url = (is_tls ? "smtps://" : "smtp://") + server.server;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  const bool is_optional = server.starttls == config::StartTls::kOptional;
  const long use_tls = server.starttls == config::StartTls::kNone
                           ? static_cast<long>(CURLUSESSL_NONE)
                           : static_cast<long>(is_optional ? CURLUSESSL_TRY : CURLUSESSL_ALL);
  curl_easy_setopt(easy, CURLOPT_USE_SSL, use_tls);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, server.tls.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, server.tls.verify ? 2L : 0L);
  const auto set_text = [easy](CURLoption option, const std::string& value) {
    if (!value.empty()) curl_easy_setopt(easy, option, value.c_str());
  };
  set_text(CURLOPT_CAINFO, server.tls.ca);
  set_text(CURLOPT_SSLCERT, server.tls.cert);
  set_text(CURLOPT_SSLKEY, server.tls.key);
  set_text(CURLOPT_USERNAME, server.username);
  set_text(CURLOPT_PASSWORD, server.password);
}

}  // namespace

std::string mail_bytes(const Mail& mail) {
  std::string to;
  for (const std::string& address : mail.to) to += (to.empty() ? "<" : ",\r\n <") + address + ">";
  std::string out = "Date: " + date_text(mail.time_unix_ns) + "\r\n";
  out += "From: sawlog <" + mail.from + ">\r\n";
  out += "To: " + to + "\r\n";
  out += "Subject: " + header_text(mail.subject) + "\r\n";
  out += "Message-ID: <" + mail.id + ">\r\n";
  out +=
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = base64(mail.text);
  for (size_t at = 0; at < body.size(); at += kLineLetters) {
    out.append(body, at, kLineLetters).append("\r\n");
  }
  return out;
}

base::Expected<void> send_mail(const config::ReceiverConfig& server, const Mail& mail,
                               const std::function<bool()>& gives_up) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(initialized == CURLE_OK);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  CHECK(easy != nullptr);
  curl_slist* recipients = nullptr;
  for (const std::string& address : mail.to) {
    recipients = curl_slist_append(recipients, ("<" + address + ">").c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(recipients,
                                                                          &curl_slist_free_all);
  Upload upload{mail_bytes(mail), 0, gives_up};
  std::array<char, CURL_ERROR_SIZE> error{};
  set_server(easy.get(), server);
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, &give_bytes);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &upload);
  curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, &look_around);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &upload);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS,
                   static_cast<long>(kMailTimeoutNs / base::kNsPerMs));
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return {};
  return base::unexpected(base::ErrorCode::kUnavailable,
                          error[0] != '\0' ? error.data() : curl_easy_strerror(code));
}

}  // namespace sawlog::agent
