#include "parsers/redactor.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include <re2/re2.h>
#include <re2/set.h>

#include "lib/base/json_encode.h"
#include "parsers/json_walker.h"

namespace sawlog::parsers {

namespace {

constexpr std::string_view kEmail = R"([A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+)";
constexpr std::string_view kCard = R"([0-9](?:[ \-]?[0-9]){12,18})";
constexpr std::string_view kIp =
    R"((?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})"
    R"(|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::)"
    R"((?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?)";
constexpr std::string_view kToken =
    R"(eyJ[\w\-]{5,}\.[\w\-]+\.[\w\-]*|\bA[KS]IA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,})"
    R"(|\bsk-[\w\-]{20,}|\bxox[abeoprs]-[\w\-]{10,}|\bAIza[\w\-]{35})"
    R"(|(?i:\b(?:bearer|basic) +)([\w\-.~+/]{8,}=*))"
    R"(|(?i:(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|credential)["']?)"
    R"(\s*[:=]\s*["']?)(?i:(?:bearer|basic|token) +)?([^\s"',;&]+))";
// A key of JSON whose value is a secret, whatever it is.
constexpr std::string_view kSecretKey =
    R"((?i)(?:password|passwd|secret|api[_-]?key|authorization|credential|private[_-]?key)s?$)"
    R"(|(?i)(?:^|[._-])(?:pwd|token)$|[a-z](?:Token|Pwd)$)"
    R"(|(?i)(?:access|auth|refresh|session|id)[_-]?token$)";
constexpr std::string_view kMayBeSecretKey =
    R"((?i)(?:password|passwd|secret|api[_-]?key|authorization|credential|private[_-]?key)s?"\s*:)"
    R"(|(?i)(?:pwd|token)["]\s*:)";

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// ISO/IEC 7812-1, annex B: every second digit from the right is doubled.
bool passes_luhn(std::string_view text) {
  unsigned sum = 0;
  bool is_doubled = false;
  for (size_t i = text.size(); i-- > 0;) {
    if (text[i] < '0' || text[i] > '9') continue;
    unsigned digit = static_cast<unsigned>(text[i] - '0');
    if (is_doubled) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
    is_doubled = !is_doubled;
  }
  return sum % 10 == 0;
}

bool is_address(std::string_view text) {
  std::array<unsigned char, 16> address{};
  const std::string terminated(text);
  const int family = text.find(':') != std::string_view::npos ? AF_INET6 : AF_INET;
  return text.size() > 2 && inet_pton(family, terminated.c_str(), address.data()) == 1;
}

bool stands_alone(std::string_view text, size_t begin, size_t end, std::string_view joins) {
  const auto is_joined = [&](char c) {
    return is_word(c) || joins.find(c) != std::string_view::npos;
  };
  if (begin > 0 && is_joined(text[begin - 1])) return false;
  if (end == text.size()) return true;
  // A full stop may end the sentence.
  const bool is_stop = text[end] == '.' && (end + 1 == text.size() || !is_word(text[end + 1]));
  return is_stop || !is_joined(text[end]);
}

bool is_confirmed(RedactKind kind, std::string_view text, size_t begin, size_t end) {
  const std::string_view found = text.substr(begin, end - begin);
  switch (kind) {
    case RedactKind::kCard:
      return stands_alone(text, begin, end, "") && passes_luhn(found);
    case RedactKind::kIp:
      return stands_alone(text, begin, end, ":.") && is_address(found);
    case RedactKind::kEmail:
    case RedactKind::kToken:
    case RedactKind::kPattern:
      return true;
  }
  return true;
}

std::string_view pattern_of(const RedactRule& rule) {
  switch (rule.kind) {
    case RedactKind::kEmail:
      return kEmail;
    case RedactKind::kCard:
      return kCard;
    case RedactKind::kIp:
      return kIp;
    case RedactKind::kToken:
      return kToken;
    case RedactKind::kPattern:
      return rule.pattern;
  }
  return {};
}

std::string_view mask_of(const RedactRule& rule) {
  switch (rule.kind) {
    case RedactKind::kEmail:
      return "[email]";
    case RedactKind::kCard:
      return "[card]";
    case RedactKind::kIp:
      return "[ip]";
    case RedactKind::kToken:
      return "[token]";
    case RedactKind::kPattern:
      return rule.replace;
  }
  return {};
}

// Where the string whose content begins at `begin` ends: its quote, or the end of the line.
size_t string_end(std::string_view line, size_t begin) {
  size_t at = begin;
  while (at < line.size() && line[at] != '"') at += line[at] == '\\' ? 2 : 1;
  return std::min(at, line.size());
}

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // any bytes, at the speed of bytes
  return options;
}

}  // namespace

struct Redactor::Rules {
  struct Rule {
    RedactKind kind;
    std::string mask;
    std::unique_ptr<const re2::RE2> pattern;
  };
  std::vector<Rule> rules;
  bool masks_secret_keys = false;
  re2::RE2 secret_key{re2::StringPiece(kSecretKey.data(), kSecretKey.size()), options()};
  re2::RE2::Set any{options(), re2::RE2::UNANCHORED};  // of all rules, to see whether one may match
};

Redactor::Redactor(std::unique_ptr<const Rules> rules) : rules_(std::move(rules)) {}
Redactor::~Redactor() = default;

base::Expected<std::unique_ptr<Redactor>> Redactor::compile(const std::vector<RedactRule>& rules) {
  auto compiled = std::make_unique<Rules>();
  for (const RedactRule& rule : rules) {
    const std::string_view pattern = pattern_of(rule);
    const re2::StringPiece piece(pattern.data(), pattern.size());
    auto expression = std::make_unique<const re2::RE2>(piece, options());
    if (!expression->ok())
      return base::unexpected(base::ErrorCode::kInvalid,
                              "is no regular expression: " + expression->error());
    if (re2::RE2::FullMatch("", *expression))
      return base::unexpected(base::ErrorCode::kInvalid, "matches where there is nothing");
    compiled->any.Add(piece, nullptr);
    if (rule.kind == RedactKind::kToken) {
      compiled->masks_secret_keys = true;
      compiled->any.Add({kMayBeSecretKey.data(), kMayBeSecretKey.size()}, nullptr);
    }
    compiled->rules.push_back({rule.kind, std::string(mask_of(rule)), std::move(expression)});
  }
  if (!compiled->any.Compile())
    return base::unexpected(base::ErrorCode::kInvalid, "is too large together with the others");
  return std::unique_ptr<Redactor>(new Redactor(std::move(compiled)));
}

void Redactor::redact(Chunk& chunk) {
  bool is_changed = false;
  for (size_t i = 0; i < chunk.lines.size(); ++i) {
    const Line& line = chunk.lines[i];
    const std::string_view text = chunk.text(line);
    line_.clear();
    const bool is_json = text.starts_with('{');
    const bool is_found =
        may_hold_something(text) && (is_json ? redact_json(text, line_) : redact_text(text, line_));
    if (is_found && !is_changed) {
      copy_lines(chunk, i);
      is_changed = true;
    }
    if (!is_changed) continue;
    Line made = line;
    made.begin = static_cast<uint32_t>(bytes_.size());
    bytes_ += is_found ? std::string_view(line_) : text;
    made.size_bytes = static_cast<uint32_t>(bytes_.size()) - made.begin;
    // A cut line stays one, however long its masks are.
    made.original_size_bytes =
        line.is_cut() ? std::max<uint64_t>(line.original_size_bytes, made.size_bytes + 1)
                      : made.size_bytes;
    bytes_ += '\n';
    made.next = static_cast<uint32_t>(bytes_.size());
    if (chunk.origins.empty()) {
      made.origin = static_cast<uint32_t>(origins_.size());
      origins_.push_back({line.begin, line.size_bytes, {}, {}});
    }
    lines_.push_back(made);
  }
  if (!is_changed) return;
  const size_t size_bytes = bytes_.size();
  bytes_.append(kPaddingBytes, '\0');
  if (chunk.origins.empty()) {
    chunk.raw = chunk.bytes;
    chunk.origins = origins_;
  }
  chunk.bytes = std::string_view(bytes_).substr(0, size_bytes);
  chunk.lines = lines_;
}

// The lines before the first in which something was found.
void Redactor::copy_lines(const Chunk& chunk, size_t count) {
  clear_buffer(bytes_);
  lines_.clear();
  origins_.clear();
  const size_t end = count == 0 ? 0 : chunk.lines[count - 1].next;
  bytes_ += chunk.bytes.substr(0, end);
  for (const Line& line : chunk.lines.subspan(0, count)) {
    lines_.push_back(line);
    if (!chunk.origins.empty()) continue;
    lines_.back().origin = static_cast<uint32_t>(origins_.size());
    origins_.push_back({line.begin, line.size_bytes, {}, {}});
  }
}

bool Redactor::may_hold_something(std::string_view text) const {
  return text.find('\\') != std::string_view::npos ||
         rules_->any.Match({text.data(), text.size()}, nullptr);
}

// True, with the text as it becomes, if something was found.
bool Redactor::redact_text(std::string_view text, std::string& out) {
  bool is_found = false;
  masked_ = text;
  for (const Rules::Rule& rule : rules_->rules) {
    const re2::StringPiece whole(masked_.data(), masked_.size());
    next_.clear();
    size_t copied = 0;
    size_t at = 0;
    std::array<re2::StringPiece, 3> groups;
    while (at < masked_.size() &&
           rule.pattern->Match(whole, at, whole.size(), re2::RE2::UNANCHORED, groups.data(), 3)) {
      const bool has_group = rule.kind == RedactKind::kToken &&
                             (groups[1].data() != nullptr || groups[2].data() != nullptr);
      const re2::StringPiece found = !has_group                    ? groups[0]
                                     : groups[1].data() != nullptr ? groups[1]
                                                                   : groups[2];
      const auto begin = static_cast<size_t>(found.data() - whole.data());
      const size_t end = begin + found.size();
      if (found.empty() || !is_confirmed(rule.kind, masked_, begin, end)) {
        at = static_cast<size_t>(groups[0].data() - whole.data()) + 1;
        continue;
      }
      next_.append(masked_, copied, begin - copied).append(rule.mask);
      at = copied = end;
      is_found = true;
    }
    if (copied == 0) continue;
    next_.append(masked_, copied);
    std::swap(masked_, next_);
  }
  if (is_found) out += masked_;
  return is_found;
}

// Strings, and what stands between them; whether the line is right does not matter here.
bool Redactor::redact_json(std::string_view line, std::string& out) {
  bool is_found = false;
  bool is_masked = false;  // the value that comes belongs to a secret's key
  for (size_t at = 0; at < line.size();) {
    if (line[at] == '"') {
      const size_t end = string_end(line, at + 1);
      const std::string_view content = line.substr(at + 1, end - at - 1);
      const size_t behind = line.find_first_not_of(" \t", end + 1);
      const bool is_key = behind < line.size() && line[behind] == ':';
      out += '"';
      if (redact_string(content, is_masked && !is_key, out)) {
        is_found = true;
      } else {
        out += content;
      }
      if (end < line.size()) out += '"';
      is_masked = is_key && rules_->masks_secret_keys &&
                  re2::RE2::PartialMatch({content.data(), content.size()}, rules_->secret_key);
      at = end + 1;
      continue;
    }
    const size_t end = std::min(line.find('"', at), line.size());
    const bool is_value_found = redact_number(line.substr(at, end - at), is_masked, out);
    is_found = is_found || is_value_found;
    if (line.substr(at, end - at).find_first_of(",}]") != std::string_view::npos) is_masked = false;
    at = end;
  }
  return is_found;
}

// content: of a JSON string; what it becomes goes to out, escaped.
bool Redactor::redact_string(std::string_view content, bool is_masked, std::string& out) {
  if (is_masked && !content.empty()) {
    out += "[token]";
    return true;
  }
  unescaped_ = content;
  if (content.find('\\') != std::string_view::npos && has_json_escapes(content)) {
    unescaped_.clear();
    append_unescaped(content, unescaped_);
  }
  std::string masked;
  if (!redact_text(unescaped_, masked)) return false;
  std::string quoted;
  base::append_json_string(quoted, masked);
  out.append(quoted, 1, quoted.size() - 2);
  return true;
}

// text: between two strings: separators, numbers, true, false, null. A number becomes a string.
bool Redactor::redact_number(std::string_view text, bool is_masked, std::string& out) {
  bool is_found = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(",:[]{} \t\r\n", at), text.size());
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    const bool is_literal = word == "true" || word == "false" || word == "null";
    std::string masked;
    if (is_masked && !is_literal) masked = "[token]";
    if (!masked.empty() || (!is_literal && redact_text(word, masked))) {
      base::append_json_string(out, masked);
      is_found = true;
    } else {
      out += word;
    }
    at = end;
  }
  return is_found;
}

}  // namespace sawlog::parsers
