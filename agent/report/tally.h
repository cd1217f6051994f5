// What one thread has counted in the lines it was given; tallies of several threads are merged, in
// any order, with the same result.
//
// Memory is bounded whatever the logs hold: each kind has kGroupsMax groups, errors have
// kErrorsMax; what comes after that is counted together under kOtherName.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/series_table.h"
#include "agent/report/latency_distribution.h"
#include "agent/report/report_kinds.h"
#include "agent/report/timeline.h"
#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {

constexpr size_t kGroupsMax = 2000;
constexpr size_t kErrorsMax = 2000;
constexpr size_t kSlowestMax = 20;
constexpr size_t kLevels = 7;  // parsers::Level
constexpr std::string_view kOtherName = "(others)";

// Everything of one kind with one name: an endpoint, a tool, a model.
struct Group {
  uint64_t count = 0;
  uint64_t failed = 0;
  LatencyDistribution latency;
  Timeline timeline;
  std::array<double, ReportKind::kSumsMax> sums{};
  std::array<uint64_t, ReportKind::kSumsMax> summed{};  // how many values are in each sum
  void merge(const Group& other);
};

struct SlowRecord {
  int64_t duration_ns = 0;
  int64_t time_unix_ns = 0;
  size_t kind = 0;  // index into report_kinds()
  std::string name;
  std::string trace_id;
};

struct ErrorGroup {
  uint64_t count = 0;
  int64_t first_unix_ns = INT64_MAX;  // of those with a time
  int64_t last_unix_ns = INT64_MIN;
  std::string service;  // of one of them
  std::string logger;
  void merge(const ErrorGroup& other);
};
struct ErrorKey {
  std::string type;
  std::string form;  // message_form()
  auto operator<=>(const ErrorKey&) const = default;
};

class Tally {
 public:
  // Knows the events of the presets; counts those of these profiles, all with 0.
  [[nodiscard]] static base::Expected<Tally> create(uint8_t profiles);

  void add(const parsers::Chunk& chunk);
  void merge(const Tally& other);

  [[nodiscard]] uint64_t line_count() const { return line_count_; }
  [[nodiscard]] uint64_t not_json_count() const { return not_json_count_; }
  [[nodiscard]] uint64_t timeless_count() const { return timeless_count_; }
  // Of the records that have a time; empty if none has one.
  [[nodiscard]] std::optional<int64_t> first_unix_ns() const;
  [[nodiscard]] std::optional<int64_t> last_unix_ns() const;
  [[nodiscard]] const Timeline& level(size_t level) const { return levels_[level]; }
  [[nodiscard]] uint64_t level_count(size_t level) const { return level_counts_[level]; }
  [[nodiscard]] const std::map<std::string, uint64_t>& statuses() const { return statuses_; }
  [[nodiscard]] const std::map<ErrorKey, ErrorGroup>& errors() const { return errors_; }
  [[nodiscard]] std::vector<SlowRecord> slowest() const;  // the slowest first

  struct NamedGroup {
    std::string_view name;
    const Group* group = nullptr;
  };
  [[nodiscard]] std::vector<NamedGroup> groups(size_t kind) const;

 private:
  struct Groups {
    SeriesTable names;
    std::deque<Group> groups;
  };
  struct KindFields {
    std::array<parsers::FieldIndex, 2> keys{};
    size_t key_count = 0;
    std::array<parsers::FieldIndex, ReportKind::kSumsMax> sums{};
  };
  struct EventShape {
    std::string name;
    std::vector<parsers::FieldIndex> fields;
    std::optional<size_t> kind;  // none: known, but not counted here
  };

  Tally() = default;
  parsers::FieldIndex want(std::string_view name);
  base::Expected<void> learn_events(uint8_t profiles);

  void count(const parsers::Record& record);
  void count_event(size_t kind, const parsers::Record& record);
  void count_error(const parsers::Record& record);
  void note_slow(size_t kind, const parsers::Record& record, int64_t duration_ns);
  void add_slow(SlowRecord record);
  [[nodiscard]] const EventShape* shape_of(const parsers::Record& record) const;
  [[nodiscard]] bool has_failed(const ReportKind& kind, const parsers::Record& record) const;
  // The name in name_, cut to what a name may have.
  void make_name(const KindFields& fields, const parsers::Record& record);
  [[nodiscard]] Group& group(size_t kind, std::string_view name);
  [[nodiscard]] ErrorGroup& error(ErrorKey key);

  std::vector<std::string> wanted_;
  std::vector<KindFields> kinds_;
  std::vector<EventShape> shapes_;
  std::unique_ptr<parsers::RecordReader> reader_;
  parsers::FieldIndex event_name_ = 0, duration_ = 0, status_ = 0, outcome_ = 0, error_type_ = 0,
                      error_message_ = 0, message_ = 0, trace_id_ = 0, logger_ = 0, service_ = 0,
                      route_ = 0;

  std::string name_;
  std::array<char, 512> route_buffer_{};
  uint64_t line_count_ = 0;
  uint64_t not_json_count_ = 0;
  uint64_t timeless_count_ = 0;
  int64_t first_unix_ns_ = INT64_MAX;
  int64_t last_unix_ns_ = INT64_MIN;
  std::array<Timeline, kLevels> levels_;
  std::array<uint64_t, kLevels> level_counts_{};
  std::map<std::string, uint64_t> statuses_;
  std::map<ErrorKey, ErrorGroup> errors_;
  std::vector<SlowRecord> slowest_;  // a heap, the least slow at the front
  std::vector<Groups> groups_;
};

}  // namespace sawlog::agent
