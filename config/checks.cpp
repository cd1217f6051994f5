#include "config/checks.h"

#include <set>

#include "config/alert_checks.h"
#include "config/loader.h"
#include "config/nearest.h"
#include "config/path_glob.h"
#include "config/presets.h"
#include "config/section.h"
#include "config/units.h"

namespace sawlog::config {

bool HttpConfig::is_loopback() const {
  const std::string host = listen.substr(0, listen.rfind(':'));
  return host.starts_with("127.") || host == "localhost" || host == "[::1]" || host == "::1";
}

namespace {

std::string output_path(const OutputConfig& output, const std::string& key) {
  return "outputs." + output.name + (key.empty() ? "" : "." + key);
}

void check_http(const Config& config, Reading& reading) {
  const HttpConfig& http = config.http;
  if (http.tls_cert.empty() != http.tls_key.empty()) {
    reading.mistake(reading.place_of("http.tls"), "tls.cert and tls.key belong together");
  }
  if (!http.tls_client_ca.empty() && http.tls_cert.empty()) {
    reading.mistake(reading.place_of("http.tls.client_ca"),
                    "tls.client_ca needs tls.cert and tls.key");
  }
  if (http.listen.empty() || http.is_restricted() || http.allow_open) return;
  reading.mistake(reading.place_of("http.listen"),
                  "'http.listen' is open to other hosts; set http.token, http.tls.client_ca, or "
                  "http.allow_open: true");
}

void check_memory(const Config& config, Reading& reading) {
  const uint64_t needed = memory_needed(config);
  if (needed <= config.memory_limit) return;
  const uint64_t mib = 1ull << 20;
  reading.mistake(reading.place_of("memory_limit"),
                  "memory_limit " + format_size(config.memory_limit) +
                      " is too small: the batches (bytes × (in_flight + 2)), lines and series "
                      "configured here may need " +
                      format_size((needed + mib - 1) / mib * mib));
}

// The agent must not read what it writes itself.
void check_own_files(const Config& config, const SourceConfig& source, const std::string& glob,
                     const Place& place, Reading& reading) {
  const auto is_excluded = [&](const auto& covers) {
    return std::ranges::any_of(source.exclude, covers);
  };
  if (glob_reaches_into(glob, config.state_dir) && !is_excluded([&](const std::string& exclude) {
        return glob_covers(exclude, config.state_dir);
      })) {
    reading.mistake(place, "'" + glob + "' reaches into the agent's own state_dir; exclude '" +
                               config.state_dir + "/**'");
  }
  for (const OutputConfig& output : config.outputs) {
    const auto* file = std::get_if<FileConfig>(&output.target);
    if (file == nullptr || output.type != OutputType::kFile || file->path.empty()) continue;
    for (const char* suffix : {"", ".zst", ".gz", ".1", ".1.zst", ".1.gz"}) {
      const std::string path = file->path + suffix;
      if (!glob_matches(glob, path) ||
          is_excluded([&](const std::string& exclude) { return glob_matches(exclude, path); })) {
        continue;
      }
      reading.mistake(place, "'" + glob + "' matches '" + path + "', which output '" + output.name +
                                 "' writes; exclude it");
      break;
    }
  }
}

void check_sources(const Config& config, Reading& reading) {
  for (const SourceConfig& source : config.sources) {
    const std::string path = "sources." + source.name;
    if ((source.format == parsers::LineFormat::kRegex) != !source.pattern.empty()) {
      reading.mistake(reading.place_of(path + (source.pattern.empty() ? ".format" : ".pattern")),
                      "format: regex and pattern belong together in source '" + source.name + "'");
    }
    if (source.name == "all") {
      reading.mistake(source.place,
                      "a source cannot be named 'all': outputs mean every source by it");
    }
    for (size_t i = 0; i < source.paths.size(); ++i) {
      check_own_files(config, source, source.paths[i],
                      reading.place_of(path + ".paths[" + std::to_string(i) + "]"), reading);
    }
  }
}

// A label with a value for each record makes a stream for each record, which ruins a Loki.
bool is_id(const std::string& field) {
  static const std::set<std::string> kIds = {
      "trace_id", "span_id",       "traceid",    "spanid",  "traceparent", "message",
      "msg",      "@timestamp",    "timestamp",  "uuid",    "guid",        "event.original",
      "jti",      "correlationid", "request.id", "user.id", "session.id",  "log.record.uid"};
  std::string folded = field;
  for (char& letter : folded) letter = static_cast<char>(std::tolower(letter));
  if (kIds.contains(folded)) return true;
  const size_t last = field.find_last_of("._-");
  const std::string word = last == std::string::npos ? folded : folded.substr(last + 1);
  const bool is_camel_id = field.size() > 2 && field.ends_with("Id");
  return is_camel_id || word == "id" || word == "uuid" || word == "guid" || word == "uid";
}

void check_bearer(const OutputConfig& output, const std::string& bearer,
                  const std::string& username, Reading& reading) {
  if (bearer.empty() || username.empty()) return;
  reading.mistake(reading.place_of(output_path(output, "bearer")),
                  "either bearer or username, not both");
}

void check_loki(const OutputConfig& output, const LokiConfig& loki, Reading& reading) {
  for (size_t i = 0; i < loki.labels.size(); ++i) {
    if (!is_id(loki.labels[i])) continue;
    const std::string key = output_path(output, "labels[" + std::to_string(i) + "]");
    reading.mistake(reading.place_of(key), "'" + loki.labels[i] +
                                               "' is no label for Loki: each value would be a "
                                               "stream of its own; put it under metadata");
  }
  if (loki.labels.size() > 15) {
    reading.mistake(reading.place_of(output_path(output, "labels")),
                    "more than 15 labels; Loki refuses them");
  }
  check_bearer(output, loki.bearer, loki.username, reading);
}

void check_elasticsearch(const OutputConfig& output, const ElasticsearchConfig& target,
                         Reading& reading) {
  if (!target.api_key.empty() && !target.username.empty()) {
    reading.mistake(reading.place_of(output_path(output, "api_key")),
                    "either api_key or username, not both");
  }
  if (!target.index.empty() && reading.places.contains(output_path(output, "data_stream"))) {
    reading.mistake(reading.place_of(output_path(output, "index")),
                    "either index or data_stream, not both");
  }
  if (!target.exactly_once) {
    reading.warning(reading.place_of(output_path(output, "exactly_once")),
                    "output '" + output.name + "' may repeat lines after a crash");
  }
}

void check_output_sources(const Config& config, const OutputConfig& output, Reading& reading) {
  std::vector<std::string> known = {"all"};
  for (const SourceConfig& source : config.sources) known.push_back(source.name);
  for (size_t i = 0; i < output.sources.size(); ++i) {
    if (std::ranges::find(known, output.sources[i]) != known.end()) continue;
    reading.mistake(
        reading.place_of(output_path(output, "sources[" + std::to_string(i) + "]")),
        "there is no source '" + output.sources[i] + "'" + did_you_mean(output.sources[i], known));
  }
}

void check_renamed_from(const Config& config, const OutputConfig& output, Reading& reading) {
  const std::string& old_name = output.renamed_from;
  if (old_name.empty()) return;
  const auto takes_it = [&](const OutputConfig& other) {
    return &other != &output && (other.name == old_name || other.renamed_from == old_name);
  };
  const auto taken = std::ranges::find_if(config.outputs, takes_it);
  const bool is_own = old_name == output.name || old_name == "metrics";
  if (!is_own && taken == config.outputs.end()) return;
  reading.mistake(reading.place_of(output_path(output, "renamed_from")),
                  "'" + old_name + "' is no old name: " +
                      (is_own ? "nothing can be taken over from it"
                              : "output '" + taken->name + "' has its cursors"));
}

void check_output(const Config& config, const OutputConfig& output, Reading& reading) {
  if (output.name == "metrics") {
    reading.mistake(output.place,
                    "an output cannot be named 'metrics': that is the agent's own consumer");
  }
  check_renamed_from(config, output, reading);
  if (output.retry_attempts != kUnlimited && !output.has_dead_letter) {
    reading.mistake(reading.place_of(output_path(output, "retry.attempts")),
                    "a limit of attempts needs dead_letter in output '" + output.name +
                        "': what is given up must go somewhere");
  }
  if (!output.tls.verify) {
    reading.warning(reading.place_of(output_path(output, "tls.verify")),
                    "output '" + output.name + "' accepts any certificate");
  }
  if (output.tls.cert.empty() != output.tls.key.empty()) {
    reading.mistake(reading.place_of(output_path(output, "tls")),
                    "tls.cert and tls.key belong together");
  }
  check_output_sources(config, output, reading);
  if (const auto* loki = std::get_if<LokiConfig>(&output.target)) {
    check_loki(output, *loki, reading);
  }
  if (const auto* otlp = std::get_if<OtlpConfig>(&output.target)) {
    check_bearer(output, otlp->bearer, otlp->username, reading);
  }
  if (const auto* target = std::get_if<ElasticsearchConfig>(&output.target)) {
    check_elasticsearch(output, *target, reading);
  }
}

// Two outputs that write one file would destroy each other's.
void check_written_files(const Config& config, Reading& reading) {
  std::map<std::string, std::string> writer_of;
  const auto add = [&](const OutputConfig& output, const std::string& key,
                       const std::string& path) {
    const auto [first, is_new] = writer_of.emplace(path, output.name);
    if (is_new || path.empty()) return;
    reading.mistake(reading.place_of(output_path(output, key)),
                    "output '" + first->second + "' writes '" + path + "', too");
  };
  for (const OutputConfig& output : config.outputs) {
    if (const auto* file = std::get_if<FileConfig>(&output.target)) add(output, "path", file->path);
    if (output.has_dead_letter) add(output, "dead_letter.path", output.dead_letter_path);
  }
}

bool same_shape(const MetricRule& a, const MetricRule& b) {
  return a.kind == b.kind && a.buckets == b.buckets && a.unit == b.unit &&
         std::ranges::equal(a.labels, b.labels, {}, &MetricLabel::name, &MetricLabel::name);
}

// Rules may feed one metric together if they agree on what it is.
void check_metrics(const Config& config, Reading& reading) {
  std::map<std::string, std::pair<MetricRule, std::string>> known;
  for (const std::string& name : config.metrics.presets) {
    const auto preset = load_preset(name);
    if (!preset) continue;
    for (const MetricRule& rule : preset->rules) {
      known.emplace(rule.name, std::pair(rule, "preset '" + name + "'"));
    }
  }
  for (const MetricRule& rule : config.metrics.rules) {
    const std::string where = "line " + std::to_string(rule.place.line);
    const auto [first, is_new] = known.emplace(rule.name, std::pair(rule, where));
    if (is_new || rule.name.empty() || same_shape(first->second.first, rule)) continue;
    reading.mistake(rule.place, "metric '" + rule.name +
                                    "' has another type, other labels or other buckets in " +
                                    first->second.second);
  }
}

bool takes_recorded_values(const HttpConfig& http) {
  if (http.listen.empty()) return false;
  return http.record == RecordAccess::kAlways ||
         (http.record == RecordAccess::kLoopback && http.is_loopback());
}

// What was recorded is followed like any other file, by the metrics alone.
SourceConfig recorded_source(const Config& config) {
  SourceConfig source;
  source.name = kRecordedSource;
  source.paths = {config.state_dir + "/" + kRecordedDirectory + "/*.json"};
  return source;
}

void complete_paths(std::vector<std::string>& paths) {
  for (std::string& path : paths) path = absolute_path(path);
}

}  // namespace

void complete(Config& config) {
  config.state_dir = absolute_path(config.state_dir);
  for (SourceConfig& source : config.sources) {
    if (source.presets) config.metrics.presets_by_source[source.name] = *source.presets;
    complete_paths(source.paths);
    complete_paths(source.exclude);
  }
  for (OutputConfig& output : config.outputs) {
    if (output.dead_letter_path.empty()) {
      output.dead_letter_path = config.state_dir + "/dead/" + output.name;
    } else {
      output.dead_letter_path = absolute_path(output.dead_letter_path);
    }
    if (auto* file = std::get_if<FileConfig>(&output.target); file && !file->path.empty()) {
      file->path = absolute_path(file->path);
    }
  }
  for (std::string* path :
       {&config.http.tls_cert, &config.http.tls_key, &config.http.tls_client_ca}) {
    if (!path->empty()) *path = absolute_path(*path);
  }
  complete_alerts(config.alerts);
  if (takes_recorded_values(config.http)) config.recorded = recorded_source(config);
}

void check_together(const Config& config, Reading& reading) {
  check_http(config, reading);
  check_memory(config, reading);
  check_sources(config, reading);
  check_metrics(config, reading);
  check_alerts(config, reading);
  check_written_files(config, reading);
  for (const OutputConfig& output : config.outputs) check_output(config, output, reading);
}

}  // namespace sawlog::config
