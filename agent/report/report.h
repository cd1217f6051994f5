// What an engineer wants to know of a heap of logs: the figures of all renderers (text, JSON, HTML)
// in one place, ready to be shown.
//
// Times are ns since 1970 UTC, durations ns, shares 0 … 1. Sections and rows are sorted by count,
// the largest first.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/report/log_input.h"
#include "agent/report/report_kinds.h"
#include "agent/report/tally.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

// Of the earlier or the later half of the time that the logs cover.
struct HalfFigures {
  uint64_t count = 0;
  double failed_share = 0;
  double mean_ns = 0;  // 0 without durations
};

struct ReportRow {
  std::string name;
  uint64_t count = 0;
  uint64_t failed = 0;
  double per_second = 0;  // over the time that all logs cover; 0 if that is unknown
  uint64_t timed = 0;     // those with a duration: what follows is about them
  int64_t p50_ns = 0;
  int64_t p95_ns = 0;
  int64_t p99_ns = 0;
  int64_t max_ns = 0;
  double mean_ns = 0;
  // As the kind says: totals, means, shares. Empty where there was no value.
  std::array<std::optional<double>, ReportKind::kSumsMax> sums;
  HalfFigures before;
  HalfFigures after;

  [[nodiscard]] double failed_share() const {
    return count == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(count);
  }
};

struct ReportSection {
  const ReportKind* kind = nullptr;
  ReportRow total;  // of all rows; its name is ""
  std::vector<ReportRow> rows;
};

struct ReportError {
  ErrorKey key;
  ErrorGroup group;
  bool is_new = false;  // first seen in the later half
};

// Something that changed between the halves by more than chance and habit explain.
struct ReportChange {
  enum class What : uint8_t { kRate, kFailures, kDuration };
  What what = What::kRate;
  const ReportKind* kind = nullptr;
  std::string name;
  double before = 0;  // events/s, share, ns
  double after = 0;
};

// Over the whole time, in slots of one width.
struct ReportTimes {
  int64_t begin_unix_s = 0;
  int64_t width_s = 1;
  std::array<std::vector<uint64_t>, kLevels> levels;  // records by parsers::Level
  std::vector<Timeline::Slot> requests;
};

struct Report {
  size_t file_count = 0;
  uint64_t size_bytes = 0;           // on disk
  std::vector<std::string> defects;  // files that could not be read, or not to their end
  uint64_t line_count = 0;
  uint64_t not_json_count = 0;
  uint64_t timeless_count = 0;
  std::optional<int64_t> first_unix_ns;
  std::optional<int64_t> last_unix_ns;
  int64_t middle_unix_s = 0;  // where the later half begins

  std::vector<ReportSection> sections;                     // those with rows
  std::vector<std::pair<std::string, uint64_t>> statuses;  // by code
  std::vector<SlowRecord> slowest;
  std::vector<ReportError> errors;
  std::array<uint64_t, kLevels> levels{};
  ReportTimes times;
  std::vector<ReportChange> changes;  // the largest first

  [[nodiscard]] double seconds() const;  // 0 without times
};

struct ReportOptions {
  size_t thread_count = 1;
  uint8_t profiles = 0;  // only kinds of these; 0: all (report_kinds.h)
};

// Reads all of the input on several threads. read_bytes counts on-disk bytes as they are done.
[[nodiscard]] base::Expected<Report> make_report(base::Filesystem& filesystem,
                                                 const LogInput& input,
                                                 const ReportOptions& options,
                                                 std::atomic<uint64_t>& read_bytes);

// The figures of what was counted; for tests, and for make_report().
[[nodiscard]] Report report_of(const Tally& tally);

}  // namespace sawlog::agent
