// Sends a mail by SMTP (RFC 5321), with libcurl: STARTTLS or TLS from the first byte,
// authentication by whatever the server offers. Blocks until the server has taken it, or
// kMailTimeoutNs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/error.h"

namespace sawlog::agent {

struct Mail {
  std::string from;
  std::vector<std::string> to;
  std::string subject;  // one line, UTF-8
  std::string text;     // UTF-8
  int64_t time_unix_ns = 0;
  std::string id;  // of the Message-ID, without < and >
};

constexpr int64_t kMailTimeoutNs = 60'000'000'000;

// The mail as it goes over the wire (RFC 5322, 2045, 2047).
[[nodiscard]] std::string mail_bytes(const Mail& mail);

// gives_up: asked every second at least; true ends it. kUnavailable with the server's or libcurl's
// words; no password is among them.
[[nodiscard]] base::Expected<void> send_mail(const config::ReceiverConfig& server, const Mail& mail,
                                             const std::function<bool()>& gives_up);

}  // namespace sawlog::agent
