// Some traces behind a metric's values, for OpenMetrics: those of the first values after each save,
// so that they cost nothing when there is much to count. A table of fixed size in which series and
// buckets share places, so that memory is bounded; not part of the saved state. Single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace sawlog::agent {

struct Exemplar {
  static constexpr size_t kTraceBytesMax = 36;  // a W3C trace id has 32, a UUID 36

  uint32_t series = UINT32_MAX;
  uint16_t bucket = 0;  // 0 of a counter
  uint8_t trace_bytes = 0;
  std::array<char, kTraceBytesMax> trace;
  double value = 0;
  int64_t time_unix_ns = 0;

  [[nodiscard]] std::string_view trace_id() const { return {trace.data(), trace_bytes}; }
};

class Exemplars {
 public:
  static constexpr size_t kCountMax = 256;

  // Whether note() is to be called.
  [[nodiscard]] bool is_wanted() const { return wanted_count_ > 0; }
  void note(uint32_t series, size_t bucket, double value, std::string_view trace_id,
            int64_t time_unix_ns) {
    if (table_.empty()) table_.resize(kCountMax);
    --wanted_count_;
    replace(table_[place_of(series, bucket)], series, bucket, value, trace_id, time_unix_ns);
  }
  void want_more() { wanted_count_ = kCountMax; }
  // nullptr if there is none.
  [[nodiscard]] static const Exemplar* find(const std::vector<Exemplar>& table, uint32_t series,
                                            size_t bucket) {
    if (table.empty()) return nullptr;
    const Exemplar& place = table[place_of(series, bucket)];
    return place.series == series && place.bucket == bucket ? &place : nullptr;
  }
  [[nodiscard]] const std::vector<Exemplar>& table() const { return table_; }

 private:
  [[nodiscard]] static size_t place_of(uint32_t series, size_t bucket) {
    constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
    constexpr int kShift = 56;                        // leaves as many bits as kCountMax has
    return static_cast<size_t>(((uint64_t{series} << 8 | bucket) * kSpread) >> kShift);
  }
  // What is not a plain id is left out: it would have to be escaped and could be too long.
  static void replace(Exemplar& place, uint32_t series, size_t bucket, double value,
                      std::string_view trace_id, int64_t time_unix_ns) {
    if (trace_id.empty() || trace_id.size() > Exemplar::kTraceBytesMax) return;
    for (const char letter : trace_id) {
      const bool is_plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                            (letter >= 'A' && letter <= 'Z') || letter == '-';
      if (!is_plain) return;
    }
    place.series = series;
    place.bucket = static_cast<uint16_t>(bucket);
    place.trace_bytes = static_cast<uint8_t>(trace_id.size());
    std::memcpy(place.trace.data(), trace_id.data(), trace_id.size());
    place.value = value;
    place.time_unix_ns = time_unix_ns;
  }

  std::vector<Exemplar> table_;
  size_t wanted_count_ = kCountMax;
};

}  // namespace sawlog::agent
