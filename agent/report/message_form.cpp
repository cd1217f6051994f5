#include "agent/report/message_form.h"

#include <algorithm>

namespace sawlog::agent {

namespace {

constexpr size_t kIdDigitsMin = 8;  // as many hexadecimal digits in a row are an id

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
}
// What a word or an id is made of.
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}

// An id: hexadecimal digits, some of them decimal, perhaps with dashes between.
bool is_id(std::string_view word) {
  const bool is_plain =
      std::all_of(word.begin(), word.end(), [](char c) { return is_hex(c) || c == '-'; });
  const auto digit_count = std::count_if(word.begin(), word.end(), is_hex);
  return is_plain && digit_count >= static_cast<std::ptrdiff_t>(kIdDigitsMin) &&
         std::any_of(word.begin(), word.end(), is_digit) &&
         std::any_of(word.begin(), word.end(), is_letter);
}

// Each run of digits of the word becomes N.
void append_word(std::string& out, std::string_view word) {
  if (is_id(word)) {
    out += "{id}";
    return;
  }
  for (size_t i = 0; i < word.size(); ++i) {
    if (!is_digit(word[i])) {
      out += word[i];
    } else if (i == 0 || !is_digit(word[i - 1])) {
      out += 'N';
    }
  }
}

// The size of the quoted text that begins here, with its quotes; 0 if none does. An apostrophe
// (don't) is no quote.
size_t quoted_bytes(std::string_view text, char before) {
  const char quote = text[0];
  if ((quote != '\'' && quote != '"' && quote != '`') || is_word(before)) return 0;
  const size_t end = text.find(quote, 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::string message_form(std::string_view message) {
  message = message.substr(0, message.find_first_of("\r\n"));
  std::string form;
  char before = ' ';
  while (!message.empty() && form.size() < kMessageFormBytesMax) {
    size_t taken = quoted_bytes(message, before);
    if (taken > 0) {
      form += message[0];
      form += "…";
      form += message[0];
    } else if (is_word(message[0])) {
      while (taken < message.size() && is_word(message[taken])) ++taken;
      append_word(form, message.substr(0, taken));
    } else {
      form += message[0];
      taken = 1;
      // 1.5 and 10.0.0.7 are one number each.
      const bool is_point = message[0] == '.' && form.size() > 1 && form[form.size() - 2] == 'N';
      if (is_point && message.size() > 1 && is_digit(message[1])) {
        form.pop_back();
        while (taken < message.size() && is_digit(message[taken])) ++taken;
      }
    }
    before = message[taken - 1];
    message.remove_prefix(taken);
  }
  if (message.empty() && form.size() <= kMessageFormBytesMax) return form;
  size_t size = kMessageFormBytesMax;
  while (size > 0 && size < form.size() && (static_cast<uint8_t>(form[size]) & 0xC0) == 0x80)
    --size;
  return form.substr(0, size) + "…";
}

}  // namespace sawlog::agent
