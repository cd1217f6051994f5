#include "config/source_keys.h"

#include <charconv>

#include "config/metric_keys.h"
#include "config/presets.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

using parsers::LineFormat;
using parsers::Multiline;
using parsers::RedactKind;
using parsers::RedactRule;
using parsers::SampleRules;

constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;
constexpr int64_t kSecondNs = 1'000'000'000;

void read_rate(const Node& node, const std::string& path, SampleRules& sample, Reading& reading) {
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

Section<HeldConfig> held_section() {
  Section<HeldConfig> section;
  section
      .size("bytes", &HeldConfig::bytes, kMiB, 1024 * 1024 * kMiB,
            "what the agent's own copies of deleted files may occupy; the oldest is given up, "
            "counted",
            true)
      .time("age", &HeldConfig::age_ns, 60 * kSecondNs, 365 * 24 * 3600 * kSecondNs,
            "older ones are given up, counted", true)
      .later("disk_free_min", "given up when the disk gets full");
  return section;
}

Section<SampleRules> sample_section() {
  Section<SampleRules> section;
  KeyInfo rate;
  rate.name = "rate";
  rate.type = ValueType::kShare;
  rate.range = "0 … 1";
  rate.default_value = "1";
  rate.meaning = "how much of the records is kept";
  section.custom(rate, read_rate)
      .text("by", &SampleRules::by, {.check = check_not_empty},
            "a field: records with the same value are kept or left out together")
      .text("keep", &SampleRules::keep, {.check = check_keep},
            "an expression: these records are kept in any case; \"\" for none");
  return section;
}

KeyInfo multiline_info() {
  KeyInfo info;
  info.name = "multiline";
  info.type = ValueType::kWord;
  info.words = {"auto", "none"};
  info.default_value = "auto";
  info.meaning =
      "auto: indented lines and stack traces belong to the record before them; {start: REGEX}: a "
      "record begins with each line that matches";
  KeyInfo start;
  start.name = "start";
  start.meaning = "an RE2 expression: a record begins with each line that matches";
  info.children = {start};
  return info;
}

void read_multiline(const Node& node, const std::string& path, SourceConfig& source,
                    Reading& reading) {
  if (node.kind == Node::Kind::kMap) {
    Section<SourceConfig>()
        .text("start", &SourceConfig::multiline_start,
              {.is_required = true, .check = check_regular_expression}, multiline_info().meaning)
        .read(node, path, source, reading);
    source.multiline = Multiline::kStart;
  } else if (const auto word = read_word(node, path, {"auto", "none"}, {}, reading)) {
    source.multiline = *word == "none" ? Multiline::kNone : Multiline::kAuto;
  }
}

Section<RedactRule> pattern_section() {
  Section<RedactRule> section;
  section
      .text("pattern", &RedactRule::pattern, {.is_required = true, .check = check_redaction},
            "an RE2 expression")
      .text("replace", &RedactRule::replace, {}, "what stands there instead");
  return section;
}

KeyInfo redact_info() {
  KeyInfo info;
  info.name = "redact";
  info.type = ValueType::kWordOrSectionList;
  info.words = {"email", "card", "ip", "token"};
  info.meaning =
      "what is masked in every record, before any consumer sees it; {pattern: REGEX, replace: "
      "TEXT} for what is yours";
  info.children = pattern_section().infos();
  return info;
}

void read_redact(const Node& node, const std::string& path, SourceConfig& source,
                 Reading& reading) {
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, "'" + path + "' must be a list, such as [email, card]");
    return;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    RedactRule rule;
    if (item.kind == Node::Kind::kMap) {
      pattern_section().read(item, item_path, rule, reading);
    } else {
      const auto word = read_word(item, item_path, redact_info().words, {}, reading);
      if (!word) continue;
      rule.kind = *word == "email"  ? RedactKind::kEmail
                  : *word == "card" ? RedactKind::kCard
                  : *word == "ip"   ? RedactKind::kIp
                                    : RedactKind::kToken;
    }
    source.redact.push_back(std::move(rule));
  }
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
      .word<LineFormat>("format", &Source::format,
                        {{"auto", LineFormat::kAuto},
                         {"json", LineFormat::kJson},
                         {"logfmt", LineFormat::kLogfmt},
                         {"cri", LineFormat::kCri},
                         {"regex", LineFormat::kRegex},
                         {"plain", LineFormat::kPlain}},
                        {}, "how a line is written; auto: each line as what it is")
      .text("pattern", &Source::pattern, {.check = check_pattern},
            "for regex: an RE2 expression whose named groups become fields")
      .text_map("fields", &Source::fields, "canonical field: its name in this source")
      .text_map("labels", &Source::labels, "added to each record of this source")
      .word<bool>("enrich", &Source::enrich, {{"default", true}, {"none", false}}, {},
                  "none: host.name, log.file.path and labels are not added")
      .custom(multiline_info(), read_multiline)
      .size("line_bytes_max", &Source::line_bytes_max, kKiB, 64 * kMiB,
            "a longer line is cut, marked and counted")
      .custom(presets,
              [](const Node& node, const std::string& path, Source& into, Reading& reading) {
                into.presets = read_preset_names(node, path, reading);
              })
      .text("where", &Source::where, {.check = check_expression},
            "an expression: only these records, for every consumer")
      .section("sample", &Source::sample, sample_section(), "only a part of the records")
      .custom(redact_info(), read_redact)
      .section("held", &Source::held, held_section(), "limits of unread deleted content")
      .later("brokers", "of type kafka")
      .later("topics", "of type kafka")
      .later("group", "of type kafka");
  return section;
}

}  // namespace sawlog::config
