#include "agent/report/figures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "lib/base/json_encode.h"

namespace sawlog::agent {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr size_t kDigitsShown = 3;

std::string fixed(double value, int decimals) {
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

}  // namespace

std::string show_count(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string show_number(double value) {
  if (!std::isfinite(value)) return "-";
  if (value < 0) return std::string("-").append(show_number(-value));
  if (value >= 100) return show_count(static_cast<uint64_t>(std::llround(std::min(value, 1e18))));
  if (value == 0) return "0";
  const auto magnitude = static_cast<int>(std::floor(std::log10(value)));
  return fixed(value, std::clamp(static_cast<int>(kDigitsShown) - 1 - magnitude, 0, 6));
}

std::string show_duration(double duration_ns) {
  constexpr double kMinute = 60 * kNsPerSecond;
  constexpr double kHour = 60 * kMinute;
  constexpr double kDay = 24 * kHour;
  const auto whole = [&](double unit, double part, const char* unit_name, const char* part_name) {
    const double units = std::floor(duration_ns / unit);
    const double parts = std::floor((duration_ns - units * unit) / part);
    return fixed(units, 0) + " " + unit_name + " " + fixed(parts, 0) + " " + part_name;
  };
  if (duration_ns >= kDay) return whole(kDay, kHour, "d", "h");
  if (duration_ns >= kHour) return whole(kHour, kMinute, "h", "min");
  if (duration_ns >= 2 * kMinute) return whole(kMinute, kNsPerSecond, "min", "s");
  if (duration_ns >= kNsPerSecond) return show_number(duration_ns / kNsPerSecond) + " s";
  if (duration_ns >= 1e6) return show_number(duration_ns / 1e6) + " ms";
  if (duration_ns >= 1e3) return show_number(duration_ns / 1e3) + " us";
  return show_number(duration_ns) + " ns";
}

std::string show_share(double share) {
  return show_number(share * 100) + " %";
}

std::string show_bytes(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return show_number(value) + " " + std::string(kUnits[unit]);
}

std::string show_time(int64_t unix_ns) {
  constexpr size_t kToTheSecond = 19;
  std::string text;
  base::append_rfc3339(text, unix_ns);
  text.resize(kToTheSecond);
  text[10] = ' ';
  return text;
}

}  // namespace sawlog::agent
