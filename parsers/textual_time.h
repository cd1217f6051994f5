// Times with slashes, names of months, or without a year, as text in RFC 3339's order:
//
//   21/Nov/2026:07:06:55 +0000              access logs (Common Log Format)
//   2026/11/21 07:06:55.123                 Go, nginx' errors
//   Sat, 21 Nov 2026 07:06:55 GMT           RFC 2822, HTTP
//   Sat Nov 21 07:06:55 2026                ctime
//   Nov 21 07:06:55, 1121 07:06:55.123      syslog, klog: the year is not there
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sawlog::parsers {

class TextualTime {
 public:
  // near_unix_ns: a yearless time is in the year in which it is nearest to this (not more than a
  // day behind it). False if text is none of these; else rfc3339() is the same time.
  [[nodiscard]] bool read(std::string_view text, int64_t near_unix_ns);
  [[nodiscard]] std::string_view rfc3339() const { return {buffer_.data(), size_}; }
  [[nodiscard]] bool is_year_inferred() const { return is_year_inferred_; }

 private:
  struct Date {
    unsigned year = 0, month = 0, day = 0;
  };
  [[nodiscard]] bool put(const Date& date, std::string_view clock, std::string_view zone);
  [[nodiscard]] bool put_yearless(Date date, std::string_view clock, int64_t near_unix_ns);
  [[nodiscard]] bool read_month_name(std::string_view text, int64_t near_unix_ns);

  std::array<char, 64> buffer_{};
  size_t size_ = 0;
  bool is_year_inferred_ = false;
};

}  // namespace sawlog::parsers
