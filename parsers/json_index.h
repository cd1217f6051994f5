// Where the tokens of JSON text begin: simdjson's first stage, and the only file that knows it.
//
// positions() are the offsets of every { } [ ] : , outside of strings, of the opening quote of
// every string, and of the first byte of everything else (numbers, true, garbage). Built over many
// lines at once it costs a third of what it costs line by line.
//
// That is safe because build() refuses bytes with a control character in a string or an open string
// at the end, and LF is a control character: if it succeeds, no string crosses a line end, so every
// line's tokens are what they would be alone. If it refuses, the caller builds line by line.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace sawlog::parsers {

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(const JsonIndex&) = delete;
  JsonIndex& operator=(const JsonIndex&) = delete;

  // False if bytes are not UTF-8, or a string holds a control character or does not end, or there
  // is no token at all. Reads nothing behind the bytes.
  [[nodiscard]] bool build(std::string_view bytes);
  // After build() gave true. One more element than spanned is readable: bytes.size().
  [[nodiscard]] std::span<const uint32_t> positions() const { return positions_; }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::span<const uint32_t> positions_;
};

[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace sawlog::parsers
