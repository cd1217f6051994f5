// What a report counts, and by what: one row for each kind of event. Whoever reads records or
// shows figures goes by this table.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sawlog::agent {

enum class SumMeaning : uint8_t {
  kTotal,  // the sum is what one wants to know: tokens, dollars
  kMean,   // the mean: a score
  kShare,  // of those that are true, "hit", or 1
};

// A field whose values are added up.
struct SumKind {
  std::string_view field;
  std::string_view name;   // in JSON
  std::string_view title;  // of the column
  SumMeaning meaning = SumMeaning::kTotal;
};

enum class FailureRule : uint8_t {
  kNone,
  kStatus,   // http.response.status_code of 500 and more
  kOutcome,  // an error.type, or an outcome that is an error
};

enum Profile : uint8_t { kProfileApi = 1, kProfileAgents = 2, kProfileVectorDb = 4 };

struct ReportKind {
  static constexpr size_t kSumsMax = 3;
  std::string_view name;                       // in JSON: "endpoints"
  std::string_view title;                      // "Endpoints"
  std::string_view event;                      // event.name; the presets know it by its fields, too
  std::array<std::string_view, 2> key_fields;  // the second may be ""
  FailureRule failure = FailureRule::kOutcome;
  uint8_t profiles = 0;
  std::array<SumKind, kSumsMax> sums = {};  // unused ones have no field
};

[[nodiscard]] std::span<const ReportKind> report_kinds();
// The places of a kind's sums that are used.
[[nodiscard]] std::span<const SumKind> used_sums(const ReportKind& kind);

// 0 if there is no profile of that name.
[[nodiscard]] uint8_t profile_named(std::string_view name);

}  // namespace sawlog::agent
