#include "outputs/dead_letter_reader.h"

#include <array>
#include <utility>

#include <simdjson.h>

namespace sawlog::outputs {
namespace {

constexpr size_t kBlockBytes = 256u << 10;

constexpr std::array<int8_t, 256> kBase64Digits = [] {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int8_t, 256> digits{};
  digits.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return digits;
}();

// RFC 4648 with padding. False if it is none.
bool decode_base64(std::string_view text, std::string& out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char character : text) {
    const int8_t digit = kBase64Digits[static_cast<uint8_t>(character)];
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.push_back(static_cast<char>(bits >> bit_count & 255));
  }
  return true;
}

bool take_text(simdjson::dom::object letter, std::string_view key, std::string& into) {
  std::string_view text;
  if (letter[key].get(text) != simdjson::SUCCESS) return false;
  into = text;
  return true;
}

}  // namespace

class DeadLetterReader::Implementation {
 public:
  explicit Implementation(std::unique_ptr<base::File> file) : file_(std::move(file)) {}

  base::Expected<std::optional<ReadLetter>> next() {
    size_t line_end = text_.find('\n', at_);
    while (line_end == std::string::npos) {
      const auto is_more = read_block();
      if (!is_more) return tl::unexpected(is_more.error());
      if (!*is_more) return std::nullopt;
      line_end = text_.find('\n', at_);
    }
    ReadLetter letter;
    letter.begin = text_begin_ + at_;
    letter.end = text_begin_ + line_end + 1;
    letter.is_readable = parse(std::string_view(text_).substr(at_, line_end - at_), letter);
    at_ = line_end + 1;
    return letter;
  }

 private:
  // False at the end of the file.
  base::Expected<bool> read_block() {
    text_.erase(0, at_);
    text_begin_ += std::exchange(at_, 0);
    const size_t size_bytes = text_.size();
    text_.resize(size_bytes + kBlockBytes);
    const auto count =
        file_->read_at(text_begin_ + size_bytes, std::span(text_).subspan(size_bytes));
    text_.resize(size_bytes + count.value_or(0));
    if (!count) return tl::unexpected(count.error());
    return *count > 0;
  }

  bool parse(std::string_view line, ReadLetter& letter) {
    simdjson::dom::object fields;
    if (parser_.parse(line.data(), line.size()).get(fields) != simdjson::SUCCESS) return false;
    if (fields["log.offset"].get(letter.offset) != simdjson::SUCCESS) return false;
    if (!take_text(fields, "output", letter.output) ||
        !take_text(fields, "record.id", letter.record_id) ||
        !take_text(fields, "log.file.path", letter.file_path)) {
      return false;
    }
    if (take_text(fields, "line", letter.line)) return true;
    std::string base64;
    return take_text(fields, "line_base64", base64) && decode_base64(base64, letter.line);
  }

  std::unique_ptr<base::File> file_;
  simdjson::dom::parser parser_;
  std::string text_;         // from the file, from text_begin_ on
  uint64_t text_begin_ = 0;  // in the file
  size_t at_ = 0;            // of the next letter in text_
};

DeadLetterReader::DeadLetterReader(std::unique_ptr<base::File> file)
    : implementation_(std::make_unique<Implementation>(std::move(file))) {}
DeadLetterReader::~DeadLetterReader() = default;
DeadLetterReader::DeadLetterReader(DeadLetterReader&&) noexcept = default;
DeadLetterReader& DeadLetterReader::operator=(DeadLetterReader&&) noexcept = default;

base::Expected<std::optional<ReadLetter>> DeadLetterReader::next() {
  return implementation_->next();
}

}  // namespace sawlog::outputs
