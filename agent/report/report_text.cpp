#include "agent/report/report_text.h"

#include <algorithm>

#include "agent/metrics/label_key.h"
#include "agent/report/figures.h"
#include "agent/report/report_cells.h"
#include "lib/base/printable.h"
#include "parsers/record.h"

namespace sawlog::agent {

namespace {

constexpr size_t kRowsShown = 20;
constexpr size_t kErrorsShown = 15;
constexpr size_t kNameColumnsMax = 44;
constexpr size_t kMessageColumnsMax = 70;

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

std::string fit(std::string_view text, size_t columns_max) {
  std::string shown = base::printable(text);
  if (columns_of(shown) <= columns_max) return shown;
  return std::string(cut_to(shown, columns_max - 1)) + "…";
}

// Columns that are as wide as what is in them; the first one stands left, the others right.
class Table {
 public:
  Table(Cells head, size_t columns_max) : columns_max_(columns_max) { add(std::move(head)); }
  void add(Cells row) {
    if (widths_.size() < row.size()) widths_.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = fit(row[i], columns_max_);
      widths_[i] = std::max(widths_[i], columns_of(row[i]));
    }
    rows_.push_back(std::move(row));
  }
  void append_to(std::string& out) const {
    for (const auto& row : rows_) {
      out += "  ";
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string gap(widths_[i] - columns_of(row[i]), ' ');
        if (i > 0) out += "  " + gap + row[i];
        if (i == 0) out += row[i] + gap;
      }
      out += '\n';
    }
  }

 private:
  const size_t columns_max_;  // of a cell
  std::vector<size_t> widths_;
  std::vector<Cells> rows_;
};

void append_rest(size_t count, size_t shown, std::string& out) {
  if (count > shown) out += "  … and " + show_count(count - shown) + " more\n";
}

std::string sparkline(const std::vector<uint64_t>& values) {
  constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const uint64_t most = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string line;
  for (const uint64_t value : values) {
    const auto height = most == 0 ? 0.0 : static_cast<double>(value) / static_cast<double>(most);
    line += value == 0 ? " " : kBars[static_cast<size_t>(height * (kBars.size() - 1) + 0.5)];
  }
  return line;
}

void append_levels(const Report& report, std::string& out) {
  out += "\nLevels over time, each mark " +
         show_duration(static_cast<double>(report.times.width_s) * 1e9) + "\n";
  Table table({"level", "records", "share", ""}, kNameColumnsMax + report.times.requests.size());
  for (size_t level = kLevels; level-- > 0;) {
    if (report.levels[level] == 0) continue;
    const auto name = parsers::level_name(static_cast<parsers::Level>(level));
    const double share =
        static_cast<double>(report.levels[level]) / static_cast<double>(report.line_count);
    table.add({name.empty() ? "none" : std::string(name), show_count(report.levels[level]),
               show_share(share), sparkline(report.times.levels[level])});
  }
  table.append_to(out);
}

void append_section(const ReportSection& section, std::string& out) {
  out += '\n';
  out += section.kind->title;
  out += '\n';
  Table table(section_head(section), kNameColumnsMax);
  for (size_t i = 0; i < std::min(section.rows.size(), kRowsShown); ++i) {
    table.add(section_cells(section, section.rows[i]));
  }
  if (section.rows.size() > 1) table.add(section_cells(section, section.total));
  table.append_to(out);
  append_rest(section.rows.size(), kRowsShown, out);
}

void append_statuses(const Report& report, std::string& out) {
  if (report.statuses.empty()) return;
  out += "\nStatus codes\n  ";
  for (const auto& [status, count] : report.statuses) {
    out += fit(status.empty() ? "-" : status, kNameColumnsMax) + ": " + show_count(count) + "   ";
  }
  out += '\n';
}

void append_slowest(const Report& report, std::string& out) {
  if (report.slowest.empty()) return;
  out += "\nSlowest\n";
  Table table(slowest_head(), kNameColumnsMax);
  for (const SlowRecord& slow : report.slowest) table.add(slowest_cells(slow));
  table.append_to(out);
}

void append_errors(const Report& report, std::string& out) {
  if (report.errors.empty()) return;
  out += "\nErrors, by type and message\n";
  Table table(errors_head(), kMessageColumnsMax);
  for (size_t i = 0; i < std::min(report.errors.size(), kErrorsShown); ++i) {
    table.add(error_cells(report.errors[i]));
  }
  table.append_to(out);
  append_rest(report.errors.size(), kErrorsShown, out);
}

void append_changes(const Report& report, std::string& out) {
  if (report.changes.empty()) return;
  out += "\nWhat changed in the later half, from " +
         show_time(report.middle_unix_s * 1'000'000'000) + " on\n";
  for (const ReportChange& change : report.changes) {
    out += "  " + fit(change.name, kNameColumnsMax) + ": " + show_change(change) + '\n';
  }
}

}  // namespace

std::string report_text(const Report& report) {
  std::string out;
  for (const std::string& line : head_lines(report)) out += line + '\n';
  for (const std::string& defect : report.defects) out += "! " + base::printable(defect) + '\n';
  if (report.line_count == 0) return out;
  append_levels(report, out);
  for (const ReportSection& section : report.sections) append_section(section, out);
  append_statuses(report, out);
  append_slowest(report, out);
  append_errors(report, out);
  append_changes(report, out);
  return out;
}

}  // namespace sawlog::agent
