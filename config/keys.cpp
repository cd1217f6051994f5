#include "config/keys.h"

#include "config/metric_keys.h"
#include "config/output_keys.h"
#include "config/presets.h"
#include "config/section.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kTiB = 1ull << 40;

Section<HttpConfig> http_section() {
  Section<HttpConfig> section;
  section
      .text("listen", &HttpConfig::listen, {.check = check_listen_address},
            "address:port of /metrics, /health and /status; \"\" turns them off")
      .text("token", &HttpConfig::token, {.is_secret = true},
            "asked for as 'Authorization: Bearer TOKEN', except by /health/live")
      .later("tls", "certificates of the endpoint")
      .boolean("allow_open", &HttpConfig::allow_open,
               "true: another address than loopback is fine without a token");
  return section;
}

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
      .later("where", "only the records for which this is true, for every consumer")
      .later("sample", "only a part of the records")
      .later("redact", "what is masked in every record")
      .later("held", "limits of unread deleted content")
      .later("brokers", "of type kafka")
      .later("topics", "of type kafka")
      .later("group", "of type kafka");
  return section;
}

KeyInfo map_info(std::string name, std::string meaning, std::vector<KeyInfo> children) {
  KeyInfo info;
  info.name = std::move(name);
  info.type = ValueType::kSectionMap;
  info.meaning = std::move(meaning);
  info.is_required = true;
  info.children = std::move(children);
  return info;
}

// A map of names that the user gives: calls read(value, path, item) for each.
template <class Item, class Read>
void read_named(const Node& node, const std::string& path, std::vector<Item>& items,
                Reading& reading, const Read& read) {
  for_each_entry(node, path, reading, [&](const Node& name, const Node& value) {
    if (const std::string wrong = check_given_name(name.text); !wrong.empty()) {
      reading.mistake(name.place, "'" + join_path(path, name.text) + "' " + wrong);
    }
    Item item;
    item.name = name.text;
    item.place = name.place;
    reading.places[join_path(path, name.text)] = name.place;
    read(value, join_path(path, name.text), item);
    items.push_back(std::move(item));
  });
  if (node.kind == Node::Kind::kMap && node.entries.empty()) {
    reading.mistake(node.place, "'" + path + "' is empty");
  }
}

void read_sources(const Node& node, const std::string& path, Config& config, Reading& reading) {
  const Section<SourceConfig> section = source_section();
  read_named(node, path, config.sources, reading,
             [&](const Node& value, const std::string& item_path, SourceConfig& source) {
               section.read(value, item_path, source, reading);
             });
}

void read_outputs(const Node& node, const std::string& path, Config& config, Reading& reading) {
  read_named(node, path, config.outputs, reading,
             [&](const Node& value, const std::string& item_path, OutputConfig& output) {
               read_output(value, item_path, output, reading);
             });
}

void read_host_metrics(const Node& node, const std::string& path, Config&, Reading& reading) {
  if (read_bool(node, path, reading) == true) {
    reading.mistake(node.place, "'" + path + "' is " + std::string(kNotSupported));
  }
}

// What include does is done before anything is read: config/include.h.
void check_include(const Node& node, const std::string& path, Config&, Reading& reading) {
  (void)read_texts(node, path, {.check = check_not_empty}, reading);
}

Section<Config> root_section() {
  Section<Config> section;
  KeyInfo host_metrics;
  host_metrics.name = "host_metrics";
  host_metrics.type = ValueType::kBool;
  host_metrics.default_value = "false";
  host_metrics.meaning = "the host's cpu, memory, filesystems, …; so far only false is supported";
  KeyInfo include;
  include.name = "include";
  include.type = ValueType::kTextList;
  include.default_value = "[]";
  include.meaning = "more files, globs relative to this one: [conf.d/*.yaml]";
  section
      .text("state_dir", &Config::state_dir, {.check = check_not_empty},
            "identities, cursors, dead letters; one agent at a time")
      .size("memory_limit", &Config::memory_limit, 16 * kMiB, kTiB,
            "what the agent may need in all, whatever its outputs do")
      .text_map("labels", &Config::labels, "added to each record: {env: prod, region: eu-1}")
      .custom(host_metrics, read_host_metrics)
      .section("http", &Config::http, http_section(), "the agent's own endpoint")
      .custom(include, check_include)
      .custom(map_info("sources", "what is followed, each under a name", source_section().infos()),
              read_sources)
      .section("metrics", &Config::metrics, metrics_section(), "metrics made from the records")
      .later("alerts", "rules, and where alerts are sent")
      .custom(map_info("outputs", "where the records go, each under a name", output_keys()),
              read_outputs);
  return section;
}

}  // namespace

void read_config(const Node& root, Config& config, Reading& reading) {
  root_section().read(root, "", config, reading);
}

void read_preset(const Node& root, Preset& preset, Reading& reading) {
  preset_section().read(root, "", preset, reading);
}

std::vector<KeyInfo> all_keys() {
  return root_section().infos();
}

}  // namespace sawlog::config
