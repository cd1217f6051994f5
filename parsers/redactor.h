// Masks what must not leave the process: e-mail addresses, card numbers, IP addresses, tokens and
// keys, and what patterns of one's own match. Done to the records of a source before anything else
// sees them (filters, handlers, dead letters, errors), so that no way out is forgotten.
//
//   email    a@b.example                                               [email]
//   card     13 to 19 digits, also in groups, that pass Luhn's check   [card]
//   ip       IPv4 and IPv6                                             [ip]
//   token    JWTs, Bearer …, keys of AWS, GitHub, OpenAI, Slack, Google; the value beside a name
//            such as password, secret, token, api_key, authorization   [token]
//   pattern  RE2, with a text of one's own                             [redacted]
//
// In a JSON object the strings (also keys) are looked at without their escapes, so that
// "a\u0040b.example" is found; numbers, too: they become strings. It stays JSON.
//
// A line in which nothing is found is read once by one automaton for all rules, and not copied. The
// record's id is still made of the bytes as read: 64 bits of hash over the whole line.
// Not thread-safe; one for each source and consumer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/source_context.h"

namespace sawlog::parsers {

class Redactor {
 public:
  // kInvalid: a pattern is no regular expression, or matches the empty text.
  [[nodiscard]] static base::Expected<std::unique_ptr<Redactor>> compile(
      const std::vector<RedactRule>& rules);
  ~Redactor();

  // Replaces the records in which something was found; its views hold until the next call.
  void redact(Chunk& chunk);

 private:
  struct Rules;
  explicit Redactor(std::unique_ptr<const Rules> rules);
  [[nodiscard]] bool may_hold_something(std::string_view text) const;
  [[nodiscard]] bool redact_text(std::string_view text, std::string& out);
  [[nodiscard]] bool redact_json(std::string_view line, std::string& out);
  [[nodiscard]] bool redact_string(std::string_view content, bool is_masked, std::string& out);
  [[nodiscard]] bool redact_number(std::string_view text, bool is_masked, std::string& out);
  void copy_lines(const Chunk& chunk, size_t count);

  const std::unique_ptr<const Rules> rules_;
  std::string line_;  // the one at hand
  std::string unescaped_, masked_, next_;
  std::string bytes_;
  std::vector<Line> lines_;
  std::vector<LineOrigin> origins_;
};

}  // namespace sawlog::parsers
