#include "outputs/stream_limit.h"

#include <algorithm>
#include <array>
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/base/clock.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kNsPerDay = 86'400 * base::kNsPerSecond;

int64_t day_of(int64_t time_unix_ns) {
  const int64_t day = time_unix_ns / kNsPerDay;
  return time_unix_ns % kNsPerDay < 0 ? day - 1 : day;
}

void append_number(auto number, int numeral_base, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, numeral_base).ptr;
  if (!out.empty()) out += ' ';
  out.append(digits.begin(), end);
}

// Takes a number and the space behind it off the front of text.
template <class Number>
bool take_number(std::string_view& text, int numeral_base, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, numeral_base);
  if (error != std::errc() || (at != end && *at != ' ')) return false;
  text.remove_prefix(std::min(text.size(), static_cast<size_t>(at - text.data()) + 1));
  return true;
}

}  // namespace

base::Expected<void> StreamLimit::restore(std::span<const std::string> states) {
  for (const std::string& state : states) {
    if (state.empty() || take(state)) continue;
    return base::unexpected(base::ErrorCode::kCorrupt,
                            "cannot read the saved state of a Loki output");
  }
  return {};
}

bool StreamLimit::take(std::string_view state) {
  int64_t day = 0;
  if (!take_number(state, 10, day)) return false;
  if (day != day_) admitted_.clear();
  day_ = day;
  while (!state.empty()) {
    uint64_t hash = 0;
    if (!take_number(state, 16, hash)) return false;
    admitted_.insert(hash);
  }
  return true;
}

bool StreamLimit::begin_day(int64_t time_unix_ns) {
  const int64_t day = day_of(time_unix_ns);
  if (day <= day_) return false;
  day_ = day;
  admitted_.clear();
  unsaved_.clear();
  offered_count_ = 0;
  return true;
}

bool StreamLimit::admits(std::string_view labels) {
  const uint64_t hash = XXH3_64bits(labels.data(), labels.size());
  if (admitted_.contains(hash)) return true;
  if (admitted_.size() >= streams_max_) return false;
  admitted_.insert(hash);
  unsaved_.push_back(hash);
  return true;
}

std::string StreamLimit::save_state(SaveKind kind) {
  offered_count_ = unsaved_.size();
  std::string state;
  if (day_ == INT64_MIN || (kind == SaveKind::kDelta && unsaved_.empty())) return state;
  append_number(day_, 10, state);
  if (kind == SaveKind::kFull) {
    for (const uint64_t hash : admitted_) append_number(hash, 16, state);
  } else {
    for (const uint64_t hash : unsaved_) append_number(hash, 16, state);
  }
  return state;
}

void StreamLimit::saved() {
  unsaved_.erase(unsaved_.begin(), unsaved_.begin() + static_cast<std::ptrdiff_t>(offered_count_));
  offered_count_ = 0;
}

}  // namespace sawlog::outputs
