#include "config/source_keys.h"

#include <charconv>

#include "config/metric_keys.h"
#include "config/presets.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;

void read_rate(const Node& node, const std::string& path, SampleConfig& sample, Reading& reading) {
  double rate = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, rate);
  if (node.text.empty() || error != std::errc() || stop != end || !(rate >= 0 && rate <= 1)) {
    reading.mistake(node.place, "'" + path + "' must be a number from 0 to 1");
    return;
  }
  sample.rate = rate;
}

std::string check_keep(const std::string& text) {
  return text.empty() ? "" : check_expression(text);
}

Section<SampleConfig> sample_section() {
  Section<SampleConfig> section;
  KeyInfo rate;
  rate.name = "rate";
  rate.type = ValueType::kShare;
  rate.range = "0 … 1";
  rate.default_value = "1";
  rate.meaning = "how much of the records is kept";
  section.custom(rate, read_rate)
      .text("by", &SampleConfig::by, {.check = check_not_empty},
            "a field: records with the same value are kept or left out together")
      .text("keep", &SampleConfig::keep, {.check = check_keep},
            "an expression: these records are kept in any case; \"\" for none");
  return section;
}

}  // namespace

Section<SourceConfig> source_section() {
  using Source = SourceConfig;
  Section<Source> section;
  KeyInfo presets;
  presets.name = "presets";
  presets.type = ValueType::kTextList;
  presets.meaning =
      "instead of metrics.presets; [] for copies of lines that another source has, as error.log";
  presets.words = preset_names();
  section
      .word<SourceType>("type", &Source::type, {{"file", SourceType::kFile}}, {"stdin", "kafka"},
                        "where the lines come from")
      .texts("paths", &Source::paths, {.is_required = true, .check = check_glob},
             "globs of the files to follow, ** too: [/var/log/app/*.log]")
      .texts("exclude", &Source::exclude, {.check = check_glob}, "globs of files to leave out")
      .word<StartAt>("start_at", &Source::start_at,
                     {{"beginning", StartAt::kBeginning}, {"end", StartAt::kEnd}}, {},
                     "end: skips what stood in the files at this source's first start")
      .boolean("backfill", &Source::backfill,
               "true: rotated siblings older than the first start, too")
      .word<std::string>("format", &Source::format, {{"auto", "auto"}, {"json", "json"}},
                         {"logfmt", "cri", "regex", "plain"}, "how a line is written")
      .later("pattern", "for regex: named groups become fields")
      .text_map("fields", &Source::fields, "canonical field: its name in this source")
      .text_map("labels", &Source::labels, "added to each record of this source")
      .word<bool>("enrich", &Source::enrich, {{"default", true}, {"none", false}}, {},
                  "none: host.name, log.file.path and labels are not added")
      .word<std::string>("multiline", &Source::multiline, {{"none", "none"}}, {"auto", "{}"},
                         "how lines are joined to one record")
      .size("line_bytes_max", &Source::line_bytes_max, kKiB, 64 * kMiB,
            "a longer line is cut, marked and counted")
      .custom(presets,
              [](const Node& node, const std::string& path, Source& into, Reading& reading) {
                into.presets = read_preset_names(node, path, reading);
              })
      .text("where", &Source::where, {.check = check_expression},
            "an expression: only these records, for every consumer")
      .section("sample", &Source::sample, sample_section(), "only a part of the records")
      .later("redact", "what is masked in every record")
      .later("held", "limits of unread deleted content")
      .later("brokers", "of type kafka")
      .later("topics", "of type kafka")
      .later("group", "of type kafka");
  return section;
}

}  // namespace sawlog::config
