#include "parsers/expression_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace sawlog::parsers {

namespace {

using Kind = ExpressionToken::Kind;

struct Unit {
  std::string_view name;
  NumberUnit unit;
  double factor;
};
constexpr auto kUnits = std::to_array<Unit>({
    {"", NumberUnit::kNone, 1},
    {"ns", NumberUnit::kTime, 1},
    {"us", NumberUnit::kTime, 1e3},
    {"ms", NumberUnit::kTime, 1e6},
    {"s", NumberUnit::kTime, 1e9},
    {"m", NumberUnit::kTime, 60e9},
    {"h", NumberUnit::kTime, 3600e9},
    {"d", NumberUnit::kTime, 86'400e9},
    {"B", NumberUnit::kSize, 1},
    {"kB", NumberUnit::kSize, 1e3},
    {"MB", NumberUnit::kSize, 1e6},
    {"GB", NumberUnit::kSize, 1e9},
    {"TB", NumberUnit::kSize, 1e12},
    {"KiB", NumberUnit::kSize, 1024},
    {"MiB", NumberUnit::kSize, 1024.0 * 1024},
    {"GiB", NumberUnit::kSize, 1024.0 * 1024 * 1024},
    {"TiB", NumberUnit::kSize, 1024.0 * 1024 * 1024 * 1024},
    {"%", NumberUnit::kPercent, 0.01},
});

constexpr auto kSigns = std::to_array<std::string_view>(
    {"==", "!=", "<=", ">=", "=~", "!~", "<", ">", "(", ")", "[", "]", ","});  // longer ones first
constexpr auto kFigureSigns =
    std::to_array<std::string_view>({"==", "!=", "<=", ">=", "=~", "!~", "<", ">", "(", ")",
                                     "[",  "]",  ",",  "{",  "}",  "+",  "-", "*", "/", "="});

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
         static_cast<uint8_t>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Tokenizer {
 public:
  Tokenizer(std::string_view text, ExpressionDialect dialect)
      : text_(text), has_figures_(dialect == ExpressionDialect::kFigures) {}

  base::Expected<std::vector<ExpressionToken>> run() {
    std::vector<ExpressionToken> tokens;
    while (true) {
      while (!rest().empty() && (rest()[0] == ' ' || rest()[0] == '\t' || rest()[0] == '\n')) {
        ++position_;
      }
      ExpressionToken token;
      token.column = position_ + 1;
      if (!rest().empty()) {
        if (auto read = read_token(token); !read) return tl::unexpected(read.error());
      }
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Kind::kEnd) return tokens;
    }
  }

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(position_); }
  base::Expected<void> read_token(ExpressionToken& token) {
    const char first = rest()[0];
    if (first == '"' || first == '\'' || first == '`') return read_quoted(token);
    const bool is_negative =
        !has_figures_ && first == '-' && rest().size() > 1 && is_digit(rest()[1]);
    if (is_digit(first) || is_negative) return read_number(token);
    if (is_letter(first)) {
      token.kind = Kind::kName;
      size_t size = 1;
      const auto belongs = [this](char c) {
        return is_letter(c) || is_digit(c) || (has_figures_ ? c == ':' : c == '.' || c == '-');
      };
      while (size < rest().size() && belongs(rest()[size])) ++size;
      token.text = rest().substr(0, size);
      position_ += size;
      return {};
    }
    return read_sign(token);
  }

  base::Expected<void> read_sign(ExpressionToken& token) {
    const std::span<const std::string_view> signs =
        has_figures_ ? std::span<const std::string_view>(kFigureSigns) : kSigns;
    const auto found = std::ranges::find_if(
        signs, [this](std::string_view sign) { return rest().starts_with(sign); });
    if (found != signs.end()) {
      token.kind = Kind::kSign;
      token.text = *found;
      position_ += found->size();
      return {};
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMeant = {
        {{"&&", "write 'and'"}, {"||", "write 'or'"}, {"=", "write '=='"}, {"!", "write 'not'"}}};
    for (const auto& [sign, advice] : kMeant) {
      if (rest().starts_with(sign)) return mistake_at(token.column, advice);
    }
    return mistake_at(token.column, in_quotes(rest().substr(0, 1)) + " means nothing here");
  }

  base::Expected<void> read_quoted(ExpressionToken& token) {
    const char quote = rest()[0];
    token.kind = quote == '`' ? Kind::kName : Kind::kText;
    token.is_quoted = true;
    for (size_t i = 1; i < rest().size(); ++i) {
      const char c = rest()[i];
      if (c == quote) {
        position_ += i + 1;
        if (quote == '`' && token.text.empty())
          return mistake_at(token.column, "a name is missing");
        return {};
      }
      if (c != '\\' || quote == '`' || i + 1 == rest().size()) {
        token.text += c;
        token.raw_text += c;
        continue;
      }
      const char escaped = rest()[++i];
      if (escaped != quote) token.raw_text += '\\';
      token.raw_text += escaped;
      append_escaped(escaped, token.text);
    }
    return mistake_at(token.column, std::string("the closing ") + quote + " is missing");
  }

  // What is no escape stays as it stands: "\d" is for a regular expression.
  static void append_escaped(char escaped, std::string& out) {
    switch (escaped) {
      case 'n':
        out += '\n';
        return;
      case 'r':
        out += '\r';
        return;
      case 't':
        out += '\t';
        return;
      case '\\':
      case '\'':
      case '"':
        out += escaped;
        return;
      default:
        out += '\\';
        out += escaped;
    }
  }

  base::Expected<void> read_number(ExpressionToken& token) {
    token.kind = Kind::kNumber;
    const char* const begin = rest().data();
    const auto [end, error] = std::from_chars(begin, begin + rest().size(), token.number);
    if (error != std::errc()) return mistake_at(token.column, "the number is too large");
    position_ += static_cast<size_t>(end - begin);
    size_t unit_size = rest().starts_with('%') ? 1 : 0;
    while (unit_size < rest().size() && (is_letter(rest()[unit_size]))) ++unit_size;
    const std::string_view name = rest().substr(0, unit_size);
    const auto unit = std::ranges::find(kUnits, name, &Unit::name);
    if (unit == kUnits.end()) {
      return mistake_at(position_ + 1,
                        in_quotes(name) +
                            " is no unit: ns us ms s m h d, B kB MB GB TB KiB MiB GiB "
                            "TiB, %");
    }
    position_ += unit_size;
    token.unit = unit->unit;
    token.number *= unit->factor;
    token.text.assign(begin, rest().data());
    return {};
  }

  std::string_view text_;
  const bool has_figures_;
  size_t position_ = 0;
};

}  // namespace

base::Expected<std::vector<ExpressionToken>> tokens_of(std::string_view text,
                                                       ExpressionDialect dialect) {
  return Tokenizer(text, dialect).run();
}

std::string in_quotes(std::string_view text) {
  std::string quoted(1, '\'');
  quoted += text;
  quoted += '\'';
  return quoted;
}

tl::unexpected<base::Error> mistake_at(size_t column, std::string_view what) {
  return base::unexpected(base::ErrorCode::kInvalid,
                          "column " + std::to_string(column) + ": " + std::string(what));
}

bool ExpressionTokenReader::take_word(std::string_view word) {
  const bool is_there = now().is_word(word);
  if (is_there) ++next_;
  return is_there;
}

bool ExpressionTokenReader::take_sign(std::string_view sign) {
  const bool is_there = now().is_sign(sign);
  if (is_there) ++next_;
  return is_there;
}

tl::unexpected<base::Error> ExpressionTokenReader::unexpected_token(std::string_view wanted) const {
  const bool is_end = now().kind == ExpressionToken::Kind::kEnd;
  const std::string found = is_end ? "the end" : in_quotes(now().text);
  return mistake_at(now().column, "expected " + std::string(wanted) + ", found " + found);
}

}  // namespace sawlog::parsers
