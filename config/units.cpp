#include "config/units.h"

#include <charconv>
#include <cmath>
#include <span>

#include <strings.h>

namespace sawlog::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first within a kind: what format() tries.
constexpr Unit kSizes[] = {{"TiB", 1ull << 40},
                           {"GiB", 1ull << 30},
                           {"MiB", 1ull << 20},
                           {"KiB", 1ull << 10},
                           {"TB", 1'000'000'000'000},
                           {"GB", 1'000'000'000},
                           {"MB", 1'000'000},
                           {"kB", 1'000},
                           {"B", 1}};
constexpr Unit kTimes[] = {{"d", 86'400'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"m", 60'000'000'000},
                           {"s", 1'000'000'000},
                           {"ms", 1'000'000},
                           {"us", 1'000},
                           {"ns", 1}};

bool same_but_for_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// "4mb" → "4MB", "4M" → "4MiB", "10sec" → "10s".
std::string meant(std::string_view number, std::string_view unit, std::span<const Unit> units) {
  for (const Unit& known : units) {
    if (same_but_for_case(unit, known.name)) return std::string(number) + std::string(known.name);
  }
  for (const Unit& known : units) {
    if (!unit.empty() && strncasecmp(unit.data(), known.name.data(), 1) == 0) {
      return std::string(number) + std::string(known.name);
    }
  }
  return {};
}

base::Expected<uint64_t> parse(std::string_view text, std::span<const Unit> units,
                               std::string_view what, std::string_view example, uint64_t max) {
  const size_t number_size = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, number_size);
  std::string_view unit = text.substr(number_size);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty() || error != std::errc() || end != number.data() + number.size()) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            "is not a " + std::string(what) + " such as " + std::string(example));
  }
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    const double scaled = std::round(value * static_cast<double>(known.factor));
    if (scaled > static_cast<double>(max)) {
      return base::unexpected(base::ErrorCode::kInvalid, "is too large");
    }
    return static_cast<uint64_t>(scaled);
  }
  if (unit.empty()) {
    return base::unexpected(
        base::ErrorCode::kInvalid,
        "has no unit; a " + std::string(what) + " is written like " + std::string(example));
  }
  const std::string suggestion = meant(number, unit, units);
  return base::unexpected(
      base::ErrorCode::kInvalid,
      "has an unknown unit" + (suggestion.empty() ? "; a " + std::string(what) +
                                                        " is written like " + std::string(example)
                                                  : "; did you mean '" + suggestion + "'?"));
}

std::string format(uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return std::string("0").append(units.back().name);
}

}  // namespace

base::Expected<uint64_t> parse_size(std::string_view text) {
  return parse(text, kSizes, "size", "4MiB", 1ull << 60);
}

std::string format_size(uint64_t bytes) {
  return format(bytes, kSizes);
}

base::Expected<int64_t> parse_time(std::string_view text) {
  return parse(text, kTimes, "time", "30s", 1ull << 62).map([](uint64_t time_ns) {
    return static_cast<int64_t>(time_ns);
  });
}

std::string format_time(int64_t time_ns) {
  return format(static_cast<uint64_t>(time_ns), kTimes);
}

}  // namespace sawlog::config
