#include "agent/report/report.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <thread>
#include <tuple>

namespace sawlog::agent {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr size_t kTimeSlots = 60;

// A change is told of when it is large, and when there is enough on both sides to say so.
constexpr uint64_t kChangeCountMin = 30;
constexpr double kRateFactor = 1.5;
constexpr double kDurationFactor = 1.25;
constexpr double kFailedShareStep = 0.01;
constexpr size_t kChangesMax = 20;

// --- reading -------------------------------------------------------------------------------------

// Shared by the threads of one report.
class Work {
 public:
  Work(base::Filesystem& filesystem, const LogInput& input, Tally& all,
       std::atomic<uint64_t>& read_bytes)
      : filesystem_(filesystem), input_(input), all_(all), read_bytes_(read_bytes) {}

  void run(Tally& tally) {
    for (size_t i = next_++; i < input_.pieces.size(); i = next_++) {
      const LogPiece& piece = input_.pieces[i];
      if (std::string defect = read(piece, tally); !defect.empty()) {
        const std::lock_guard lock(mutex_);
        defects_.push_back(std::move(defect));
      }
      read_bytes_ += piece.end - piece.begin;
    }
    const std::lock_guard lock(mutex_);
    all_.merge(tally);
  }

  [[nodiscard]] std::vector<std::string> take_defects() {
    std::ranges::sort(defects_);
    return std::move(defects_);
  }

 private:
  // What was wrong with it, "" if nothing.
  std::string read(const LogPiece& piece, Tally& tally) {
    auto reader = PieceReader::open(filesystem_, piece);
    if (!reader) return reader.error().message;
    while (true) {
      const auto chunk = reader->next();
      if (!chunk) return chunk.error().message;
      if (!*chunk) return reader->defect();
      tally.add(**chunk);
    }
  }

  base::Filesystem& filesystem_;
  const LogInput& input_;
  Tally& all_;
  std::atomic<uint64_t>& read_bytes_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  std::vector<std::string> defects_;
};

// --- figures -------------------------------------------------------------------------------------

HalfFigures half_of(const Timeline::Slot& slot) {
  HalfFigures half;
  half.count = slot.count;
  if (slot.count > 0) {
    half.failed_share = static_cast<double>(slot.failed) / static_cast<double>(slot.count);
  }
  if (slot.timed > 0) half.mean_ns = slot.duration_ns / static_cast<double>(slot.timed);
  return half;
}

ReportRow row_of(std::string_view name, const ReportKind& kind, const Group& group,
                 const Report& report) {
  ReportRow row;
  row.name = name;
  row.count = group.count;
  row.failed = group.failed;
  if (report.seconds() > 0) row.per_second = static_cast<double>(group.count) / report.seconds();
  row.timed = group.latency.count();
  row.p50_ns = group.latency.quantile_ns(0.5);
  row.p95_ns = group.latency.quantile_ns(0.95);
  row.p99_ns = group.latency.quantile_ns(0.99);
  row.max_ns = group.latency.max_ns();
  row.mean_ns = group.latency.mean_ns();
  for (size_t i = 0; i < used_sums(kind).size(); ++i) {
    if (group.summed[i] == 0) continue;
    const bool is_total = kind.sums[i].meaning == SumMeaning::kTotal;
    row.sums[i] = is_total ? group.sums[i] : group.sums[i] / static_cast<double>(group.summed[i]);
  }
  row.before = half_of(group.timeline.sum(INT64_MIN, report.middle_unix_s));
  row.after = half_of(group.timeline.sum(report.middle_unix_s, INT64_MAX));
  return row;
}

ReportSection section_of(size_t kind_index, const Tally& tally, const Report& report) {
  ReportSection section;
  section.kind = &report_kinds()[kind_index];
  Group total;
  for (const Tally::NamedGroup& named : tally.groups(kind_index)) {
    section.rows.push_back(row_of(named.name, *section.kind, *named.group, report));
    total.merge(*named.group);
  }
  section.total = row_of("", *section.kind, total, report);
  std::ranges::sort(section.rows, [](const ReportRow& a, const ReportRow& b) {
    return std::tie(b.count, a.name) < std::tie(a.count, b.name);
  });
  return section;
}

bool differs(double before, double after, double factor) {
  return before > 0 && after > 0 && (after / before >= factor || before / after >= factor);
}

// Whether shares of this many can differ so much by more than chance (three standard errors).
bool is_significant(const HalfFigures& before, const HalfFigures& after) {
  const auto count_before = static_cast<double>(before.count);
  const auto count_after = static_cast<double>(after.count);
  const double share = (before.failed_share * count_before + after.failed_share * count_after) /
                       (count_before + count_after);
  const double error = std::sqrt(share * (1 - share) * (1 / count_before + 1 / count_after));
  return std::abs(after.failed_share - before.failed_share) > 3 * error;
}

void add_changes(const ReportSection& section, const Report& report,
                 std::vector<ReportChange>& changes) {
  using What = ReportChange::What;
  const auto first_s = static_cast<double>(*report.first_unix_ns) / kNsPerSecond;
  const auto middle_s = static_cast<double>(report.middle_unix_s);
  const auto last_s = static_cast<double>(*report.last_unix_ns) / kNsPerSecond;
  for (const ReportRow& row : section.rows) {
    const HalfFigures& before = row.before;
    const HalfFigures& after = row.after;
    const auto add = [&](What what, double was, double is) {
      changes.push_back({what, section.kind, row.name, was, is});
    };
    if (std::max(before.count, after.count) < kChangeCountMin) continue;
    const auto rate_before = static_cast<double>(before.count) / (middle_s - first_s);
    const auto rate_after = static_cast<double>(after.count) / (last_s - middle_s);
    if (differs(rate_before, rate_after, kRateFactor) || before.count == 0 || after.count == 0) {
      add(What::kRate, rate_before, rate_after);
    }
    if (std::min(before.count, after.count) < kChangeCountMin) continue;
    if (std::abs(after.failed_share - before.failed_share) >= kFailedShareStep &&
        is_significant(before, after)) {
      add(What::kFailures, before.failed_share, after.failed_share);
    }
    if (differs(before.mean_ns, after.mean_ns, kDurationFactor)) {
      add(What::kDuration, before.mean_ns, after.mean_ns);
    }
  }
}

// How many times larger or smaller; failures count from one in a hundred.
double size_of(const ReportChange& change) {
  const double least = change.what == ReportChange::What::kFailures ? 0.01 : 1e-9;
  const double before = std::max(change.before, least);
  const double after = std::max(change.after, least);
  return std::max(after / before, before / after);
}

std::vector<ReportChange> changes_of(const Report& report) {
  std::vector<ReportChange> changes;
  // Too short a time has no halves: one of them would be without a slot.
  const bool has_halves = report.first_unix_ns &&
                          *report.first_unix_ns / kNsPerSecond < report.middle_unix_s &&
                          report.middle_unix_s < *report.last_unix_ns / kNsPerSecond;
  if (!has_halves) return changes;
  for (const ReportSection& section : report.sections) add_changes(section, report, changes);
  std::ranges::stable_sort(changes, std::greater(), size_of);
  if (changes.size() > kChangesMax) changes.resize(kChangesMax);
  return changes;
}

std::vector<ReportError> errors_of(const Tally& tally, int64_t middle_unix_s) {
  std::vector<ReportError> errors;
  for (const auto& [key, group] : tally.errors()) {
    const bool has_time = group.first_unix_ns <= group.last_unix_ns;
    errors.push_back({key, group, has_time && group.first_unix_ns / kNsPerSecond >= middle_unix_s});
  }
  std::ranges::stable_sort(errors, std::greater(),
                           [](const ReportError& error) { return error.group.count; });
  return errors;
}

// The narrowest slots that show all of the time and are no narrower than the counted ones.
ReportTimes times_of(const Tally& tally, const Report& report) {
  ReportTimes times;
  if (!report.first_unix_ns) return times;
  Timeline requests;
  for (size_t kind = 0; kind < report_kinds().size(); ++kind) {
    if (report_kinds()[kind].failure != FailureRule::kStatus) continue;
    for (const auto& named : tally.groups(kind)) requests.merge(named.group->timeline);
  }
  times.width_s = requests.is_empty() ? 1 : requests.width_s();
  for (size_t level = 0; level < kLevels; ++level) {
    if (!tally.level(level).is_empty()) {
      times.width_s = std::max(times.width_s, tally.level(level).width_s());
    }
  }
  const int64_t first = *report.first_unix_ns / kNsPerSecond;
  const int64_t last = *report.last_unix_ns / kNsPerSecond;
  while ((last - first) / times.width_s >= static_cast<int64_t>(kTimeSlots)) times.width_s *= 2;
  times.begin_unix_s = first / times.width_s * times.width_s;
  const auto count = static_cast<size_t>((last - times.begin_unix_s) / times.width_s + 1);
  times.requests = requests.resampled(times.begin_unix_s, times.width_s, count);
  for (size_t level = 0; level < kLevels; ++level) {
    for (const Timeline::Slot& slot :
         tally.level(level).resampled(times.begin_unix_s, times.width_s, count)) {
      times.levels[level].push_back(slot.count);
    }
  }
  return times;
}

}  // namespace

double Report::seconds() const {
  if (!first_unix_ns) return 0;
  return static_cast<double>(*last_unix_ns - *first_unix_ns) / kNsPerSecond;
}

Report report_of(const Tally& tally) {
  Report report;
  report.line_count = tally.line_count();
  report.not_json_count = tally.not_json_count();
  report.timeless_count = tally.timeless_count();
  report.first_unix_ns = tally.first_unix_ns();
  report.last_unix_ns = tally.last_unix_ns();
  report.times = times_of(tally, report);
  if (report.first_unix_ns) {
    // At the border of slots of every timeline, so that no slot lies in both halves.
    const int64_t middle =
        *report.first_unix_ns / 2 / kNsPerSecond + *report.last_unix_ns / 2 / kNsPerSecond;
    report.middle_unix_s = middle / report.times.width_s * report.times.width_s;
  }
  for (size_t kind = 0; kind < report_kinds().size(); ++kind) {
    ReportSection section = section_of(kind, tally, report);
    if (!section.rows.empty()) report.sections.push_back(std::move(section));
  }
  report.statuses.assign(tally.statuses().begin(), tally.statuses().end());
  report.slowest = tally.slowest();
  report.errors = errors_of(tally, report.middle_unix_s);
  for (size_t level = 0; level < kLevels; ++level) report.levels[level] = tally.level_count(level);
  report.changes = changes_of(report);
  return report;
}

base::Expected<Report> make_report(base::Filesystem& filesystem, const LogInput& input,
                                   const ReportOptions& options,
                                   std::atomic<uint64_t>& read_bytes) {
  auto all = Tally::create(options.profiles);
  if (!all) return tl::unexpected(all.error());
  std::vector<Tally> tallies;
  for (size_t i = 0; i < options.thread_count; ++i) {
    auto tally = Tally::create(options.profiles);
    if (!tally) return tl::unexpected(tally.error());
    tallies.push_back(std::move(*tally));
  }
  Work work(filesystem, input, *all, read_bytes);
  std::vector<std::thread> threads;
  for (Tally& tally : tallies) threads.emplace_back([&work, &tally] { work.run(tally); });
  for (std::thread& thread : threads) thread.join();
  Report report = report_of(*all);
  report.file_count = input.file_count;
  report.size_bytes = input.size_bytes;
  for (const base::Error& error : input.errors) report.defects.push_back(error.message);
  for (std::string& defect : work.take_defects()) report.defects.push_back(std::move(defect));
  return report;
}

}  // namespace sawlog::agent
