#include "agent/status_text.h"

#include <algorithm>
#include <array>
#include <map>

#include "lib/base/printable.h"

namespace sawlog::agent {

namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the first is text, the others are figures.
std::string table(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      out.append("  ").append(i == 0 ? row[i] + padding : padding + row[i]);
    }
    out += '\n';
  }
  return out;
}

std::string count(uint64_t number) {
  const std::string text = std::to_string(number);
  std::string grouped;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && (text.size() - i) % 3 == 0) grouped += ',';
    grouped += text[i];
  }
  return grouped;
}

// "12.3 MiB"
std::string bytes(uint64_t number) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  uint64_t tenths = 10 * number;
  for (; tenths >= 10'240 && unit + 1 < kUnits.size(); ++unit) tenths /= 1024;
  std::string text = std::to_string(tenths / 10);
  if (unit > 0) text.append(".").append(std::to_string(tenths % 10));
  return text.append(" ").append(kUnits[unit]);
}

std::string duration(int64_t time_ns) {
  const int64_t seconds = time_ns / base::kNsPerSecond;
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 86'400) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " d";
}

std::string head(const AgentStatus& status, const std::vector<std::string>& reasons) {
  std::string out = "sawlog " SAWLOG_VERSION ", up " +
                    duration(status.now_unix_ns - status.started_unix_ns) +
                    (reasons.empty() ? ", ready\n" : ", not ready\n");
  for (const std::string& reason : reasons) out += "  ! " + base::printable(reason) + "\n";
  const ReloadStatus& reload = status.reload;
  if (!reload.last_error.empty()) {
    out += "  ! the last reload failed: " + base::printable(reload.last_error) + "\n";
  }
  return out;
}

std::string consumers(const AgentStatus& status) {
  std::vector<Row> rows{{"CONSUMER", "STATE", "DELIVERED", "IN FLIGHT", "DEAD", "FILTERED",
                         "ABANDONED", "BEHIND", "SINCE"}};
  for (const ConsumerStatus& consumer : status.consumers) {
    const Ledger& ledger = consumer.ledger;
    const int64_t since = consumer.oldest_unread_unix_ns;
    rows.push_back({consumer.name, std::string(state_name(consumer.health.state)),
                    count(ledger.delivered_lines), count(consumer.in_flight_lines),
                    count(ledger.dead_lettered_lines), count(ledger.filtered_lines),
                    bytes(ledger.abandoned_bytes), bytes(consumer.lag_bytes),
                    since == 0 ? "-" : duration(status.now_unix_ns - since)});
  }
  return table(rows);
}

std::string sources(const AgentStatus& status) {
  struct Sum {
    uint64_t files = 0, rotated = 0, size_bytes = 0, lag_bytes = 0;
  };
  std::map<std::string, Sum> sums;
  for (const auto& file : *status.files) {
    Sum& sum = sums[file->source()->name];
    ++sum.files;
    sum.rotated += file->state() == FileState::kReading ? 0 : 1;
    sum.size_bytes += file->size_bytes();
    sum.lag_bytes += lag_of(*file);
  }
  std::vector<Row> rows{{"SOURCE", "FILES", "ROTATED", "SIZE", "BEHIND"}};
  for (const auto& [name, sum] : sums) {
    rows.push_back(
        {name, count(sum.files), count(sum.rotated), bytes(sum.size_bytes), bytes(sum.lag_bytes)});
  }
  return rows.size() == 1 ? "  no files yet\n" : table(rows);
}

// Only files that somebody is behind in.
std::string files(const AgentStatus& status) {
  FileList lagging;
  std::ranges::copy_if(*status.files, std::back_inserter(lagging),
                       [](const auto& file) { return lag_of(*file) > 0; });
  if (lagging.empty()) return "";
  std::ranges::stable_sort(lagging, std::ranges::greater{},
                           [](const auto& file) { return lag_of(*file); });
  const size_t omitted_count = lagging.size() - std::min(lagging.size(), kStatusTextFilesMax);
  lagging.resize(lagging.size() - omitted_count);
  std::vector<Row> rows{{"FILE", "STATE", "SIZE", "BEHIND"}};
  for (const auto& file : lagging) {
    rows.push_back({base::printable(file->path()), std::string(state_name(file->state())),
                    bytes(file->size_bytes()), bytes(lag_of(*file))});
  }
  std::string out("\n");
  out += table(rows);
  if (omitted_count > 0) out.append("  and ").append(count(omitted_count)).append(" more\n");
  return out;
}

}  // namespace

std::string status_text(const AgentStatus& status) {
  return head(status, reasons_not_ready(status)) + "\n" + consumers(status) + "\n" +
         sources(status) + files(status);
}

}  // namespace sawlog::agent
