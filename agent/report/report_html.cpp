#include "agent/report/report_html.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "agent/report/figures.h"
#include "agent/report/report_cells.h"
#include "lib/base/printable.h"
#include "parsers/record.h"

namespace sawlog::agent {

namespace {

constexpr size_t kRowsShown = 100;
constexpr double kChartWidth = 900;
constexpr double kChartHeight = 120;

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Log report</title><style>
:root{color-scheme:light dark;--text:#1d2430;--soft:#667085;--line:#d8dde6;--back:#fff;
--bar:#3b76c4;--bad:#c7362f;--warn:#c98a1b}
@media(prefers-color-scheme:dark){:root{--text:#e3e7ee;--soft:#98a2b3;--line:#333b49;--back:#151a22;
--bar:#6ea4ea;--bad:#ee6f66;--warn:#e2b04a}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--back);
max-width:1100px;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.8rem 0 .4rem}
p{margin:.3rem 0}.soft{color:var(--soft)}.bad{color:var(--bad)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left;
white-space:normal;overflow-wrap:anywhere;min-width:14rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:11px}
.b{fill:var(--bar)}.e{fill:var(--bad)}.w{fill:var(--warn)}.a{stroke:var(--line)}
</style></head><body>
)";

// Text from the logs: control characters escaped, then what HTML would take for its own.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : base::printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string attribute(std::string_view name, double value) {
  std::string text(" ");
  text += name;
  text += "=\"";
  text += std::to_string(std::lround(value * 10) / 10.0);
  text += '"';
  return text;
}

class HtmlTable {
 public:
  HtmlTable(std::string& out, std::span<const std::string> head) : out_(out) {
    out_ += "<div class=\"wide\"><table><thead>";
    add("th", head);
    out_ += "</thead><tbody>\n";
  }
  ~HtmlTable() { out_ += "</tbody></table></div>\n"; }
  HtmlTable(const HtmlTable&) = delete;
  HtmlTable& operator=(const HtmlTable&) = delete;
  void add(std::span<const std::string> cells) { add("td", cells); }

 private:
  void add(std::string_view tag, std::span<const std::string> cells) {
    out_ += "<tr>";
    for (const std::string& cell : cells) {
      out_.append("<").append(tag).append(">").append(escape(cell));
      out_.append("</").append(tag).append(">");
    }
    out_ += "</tr>\n";
  }
  std::string& out_;
};

// One part of a stacked bar.
struct Layer {
  std::string_view css_class;
  std::vector<double> values;
};

// Bars over time, their layers on top of each other, with the largest value and the borders of
// the time as text.
void append_chart(const ReportTimes& times, const std::vector<Layer>& layers,
                  std::string_view label, std::string& out) {
  const size_t count = layers.front().values.size();
  std::vector<double> totals(count);
  for (const Layer& layer : layers) {
    for (size_t i = 0; i < count; ++i) totals[i] += layer.values[i];
  }
  const double most = std::max(*std::ranges::max_element(totals), 1.0);
  const double width = kChartWidth / static_cast<double>(count);
  out += "<svg role=\"img\" viewBox=\"0 0 900 150\" aria-label=\"" + escape(label) + "\">";
  for (size_t i = 0; i < count; ++i) {
    double top = kChartHeight + 12;
    for (const Layer& layer : layers) {
      if (layer.values[i] <= 0) continue;
      const double height = layer.values[i] / most * kChartHeight;
      top -= height;
      out.append("<rect class=\"").append(layer.css_class).append("\"");
      out += attribute("x", static_cast<double>(i) * width) + attribute("y", top) +
             attribute("width", std::max(width - 1, 0.5)) + attribute("height", height) + "/>";
    }
  }
  const auto time = [&times](size_t slot) {
    return show_time((times.begin_unix_s + static_cast<int64_t>(slot) * times.width_s) *
                     1'000'000'000);
  };
  out += "<text x=\"0\" y=\"10\">" + show_number(most) + "</text><text x=\"0\" y=\"147\">" +
         time(0) + "</text><text x=\"900\" y=\"147\" text-anchor=\"end\">" + time(count) +
         "</text></svg>\n";
}

void append_times(const Report& report, std::string& out) {
  const ReportTimes& times = report.times;
  if (times.levels.front().empty()) return;
  const std::string width = show_duration(static_cast<double>(times.width_s) * 1e9);
  Layer failed{"e", {}};
  Layer good{"b", {}};
  uint64_t request_count = 0;
  for (const Timeline::Slot& slot : times.requests) {
    failed.values.push_back(static_cast<double>(slot.failed));
    good.values.push_back(static_cast<double>(slot.count - slot.failed));
    request_count += slot.count;
  }
  if (request_count > 0) {
    out += "<h2>Requests in each " + width + ", failed ones in red</h2>\n";
    append_chart(times, {failed, good}, "requests over time", out);
  }
  std::vector<Layer> layers{{"e", {}}, {"w", {}}, {"b", {}}};
  for (size_t slot = 0; slot < times.levels.front().size(); ++slot) {
    std::array<double, 3> counts{};
    for (size_t level = 0; level < kLevels; ++level) {
      const auto name = static_cast<parsers::Level>(level);
      const size_t layer = name >= parsers::Level::kError  ? 0
                           : name == parsers::Level::kWarn ? 1
                                                           : 2;
      counts[layer] += static_cast<double>(times.levels[level][slot]);
    }
    for (size_t layer = 0; layer < counts.size(); ++layer) {
      layers[layer].values.push_back(counts[layer]);
    }
  }
  out += "<h2>Records in each " + width + ": errors red, warnings yellow</h2>\n";
  append_chart(times, layers, "records over time by level", out);
}

void append_section(const ReportSection& section, std::string& out) {
  out.append("<h2>").append(section.kind->title).append("</h2>\n");
  HtmlTable table(out, section_head(section));
  for (size_t i = 0; i < std::min(section.rows.size(), kRowsShown); ++i) {
    table.add(section_cells(section, section.rows[i]));
  }
  if (section.rows.size() > 1) table.add(section_cells(section, section.total));
}

void append_statuses(const Report& report, std::string& out) {
  if (report.statuses.empty()) return;
  out += "<h2>Status codes</h2>\n";
  HtmlTable table(out, std::vector<std::string>{"code", "count"});
  for (const auto& [status, count] : report.statuses) {
    table.add(std::vector<std::string>{status, show_count(count)});
  }
}

void append_slowest(const Report& report, std::string& out) {
  if (report.slowest.empty()) return;
  out += "<h2>Slowest</h2>\n";
  HtmlTable table(out, slowest_head());
  for (const SlowRecord& slow : report.slowest) table.add(slowest_cells(slow));
}

void append_errors(const Report& report, std::string& out) {
  if (report.errors.empty()) return;
  out += "<h2>Errors, by type and message</h2>\n";
  HtmlTable table(out, errors_head());
  for (size_t i = 0; i < std::min(report.errors.size(), kRowsShown); ++i) {
    table.add(error_cells(report.errors[i]));
  }
}

void append_changes(const Report& report, std::string& out) {
  if (report.changes.empty()) return;
  out += "<h2>What changed in the later half</h2>\n";
  HtmlTable table(out, std::vector<std::string>{"", "before → after"});
  for (const ReportChange& change : report.changes) {
    table.add(std::vector<std::string>{change.name, show_change(change)});
  }
}

}  // namespace

std::string report_html(const Report& report) {
  std::string out(kHead);
  out += "<h1>Log report</h1>\n";
  for (const std::string& line : head_lines(report)) out += "<p>" + escape(line) + "</p>\n";
  for (const std::string& defect : report.defects) {
    out += "<p class=\"bad\">" + escape(defect) + "</p>\n";
  }
  append_times(report, out);
  for (const ReportSection& section : report.sections) append_section(section, out);
  append_statuses(report, out);
  append_slowest(report, out);
  append_errors(report, out);
  append_changes(report, out);
  out += "</body></html>\n";
  return out;
}

}  // namespace sawlog::agent
