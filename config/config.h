// The configuration, read and checked: plain data that the agent builds itself from.
//
// Every default stands here, once; docs/configuration.md says what each key means. load() in
// config/loader.h is the only way to get a Config from YAML. Times are ns, sizes bytes.
// "Empty" (std::nullopt, "", {}) means: not given. A place (file:line:col) is kept where a check
// that needs the outside world (--connect, the agent's start) must be able to point at it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "parsers/source_context.h"

namespace sawlog::config {

constexpr uint64_t kUnlimited = UINT64_MAX;
constexpr int64_t kUnlimitedNs = INT64_MAX;

struct Place {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1
  // Where something stands is no part of what it says: a configuration whose lines moved is the
  // same.
  bool operator==(const Place&) const { return true; }
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// Who may send values by POST /record.
enum class RecordAccess : uint8_t {
  kLoopback,  // everybody, if the endpoint listens on loopback
  kAlways,
  kNever,
};

struct HttpConfig {
  std::string listen = "127.0.0.1:7295";  // "": off
  std::string token;
  std::string tls_cert, tls_key, tls_client_ca;
  bool allow_open = false;
  RecordAccess record = RecordAccess::kLoopback;
  // Only this host reaches it.
  [[nodiscard]] bool is_loopback() const;
  // Who reaches it is of this host, or has shown who he is.
  [[nodiscard]] bool is_restricted() const {
    return is_loopback() || !token.empty() || !tls_client_ca.empty();
  }
  bool operator==(const HttpConfig&) const = default;
};

enum class SourceType : uint8_t { kFile, kStdin, kKafka };
enum class StartAt : uint8_t { kBeginning, kEnd };

// What comes by POST /record: a source whose name nobody can give, below state_dir.
constexpr const char* kRecordedSource = ".recorded";
constexpr const char* kRecordedDirectory = "recorded";

// How much unread deleted content the agent keeps for a source.
struct HeldConfig {
  uint64_t bytes = kUnlimited;
  int64_t age_ns = kUnlimitedNs;
  bool operator==(const HeldConfig&) const = default;
};

struct SourceConfig {
  std::string name;
  Place place;
  SourceType type = SourceType::kFile;
  std::vector<std::string> paths;
  std::vector<std::string> exclude;
  StartAt start_at = StartAt::kBeginning;
  bool backfill = false;
  parsers::LineFormat format = parsers::LineFormat::kAuto;
  std::string pattern;  // of kRegex
  Labels fields;
  Labels labels;
  bool enrich = true;
  parsers::Multiline multiline = parsers::Multiline::kAuto;
  std::string multiline_start;  // of kStart
  uint64_t line_bytes_max = 1u << 20;
  std::string where;  // an expression; "": all
  parsers::SampleRules sample;
  std::vector<parsers::RedactRule> redact;
  HeldConfig held;
  std::optional<std::vector<std::string>> presets;  // instead of metrics.presets
  bool operator==(const SourceConfig&) const = default;
};

enum class OutputType : uint8_t { kElasticsearch, kKafka, kLoki, kOtlp, kFile, kStdout };

struct TlsConfig {
  bool is_given = false;  // the section is there: for Kafka that turns TLS on
  std::string ca, cert, key;
  bool verify = true;
  bool operator==(const TlsConfig&) const = default;
};

struct ElasticsearchConfig {
  std::vector<std::string> hosts;
  std::string data_stream = "logs-sawlog-default";
  std::string index;  // instead of a data stream; %Y %m %d %H of the record's time
  std::string username, password, api_key;
  std::string pipeline;
  bool gzip = true;
  bool exactly_once = true;
  bool operator==(const ElasticsearchConfig&) const = default;
};

struct KafkaConfig {
  std::vector<std::string> brokers;
  std::string topic = "logs";
  std::string key;
  bool exactly_once = true;  // transactions
  std::string sasl_mechanism, sasl_username, sasl_password;
  Labels librdkafka;
  bool operator==(const KafkaConfig&) const = default;
};

struct LokiConfig {
  std::string url;
  std::string tenant;
  std::string username, password, bearer;
  std::vector<std::string> labels = {"service.name", "log.level", "env", "host.name"};
  std::vector<std::string> metadata = {"trace_id", "span_id", "event.name", "error.type",
                                       "log.file.path"};
  uint32_t streams_max = 1000;
  bool operator==(const LokiConfig&) const = default;
};

struct OtlpConfig {
  std::string url;
  std::string username, password, bearer;
  Labels headers;
  bool gzip = true;
  bool operator==(const OtlpConfig&) const = default;
};

enum class Compression : uint8_t { kNone, kGzip, kZstd };

struct FileConfig {
  std::string path;
  Compression compression = Compression::kZstd;
  uint64_t rotate_bytes = 1ull << 30;
  int64_t rotate_age_ns = kUnlimitedNs;
  uint32_t rotate_keep = 7;
  bool operator==(const FileConfig&) const = default;
};

struct StdoutConfig {
  bool pretty = false;
  bool operator==(const StdoutConfig&) const = default;
};

struct OutputConfig {
  std::string name;
  Place place;
  OutputType type = OutputType::kStdout;
  std::variant<ElasticsearchConfig, KafkaConfig, LokiConfig, OtlpConfig, FileConfig, StdoutConfig>
      target;

  std::vector<std::string> sources = {"all"};
  std::string where;  // an expression; "": all
  bool canonical_keys = true;
  uint64_t batch_bytes = 4u << 20;
  int64_t batch_age_ns = 1'000'000'000;
  uint32_t in_flight = 4;
  TlsConfig tls;
  uint64_t retry_attempts = kUnlimited;
  int64_t retry_backoff_max_ns = 30'000'000'000;
  std::string renamed_from;      // the output's old name, whose cursors are taken over
  bool has_dead_letter = false;  // the section is given: retries may have a limit
  std::string dead_letter_path;  // load() fills in STATE_DIR/dead/NAME
  uint64_t dead_letter_bytes_max = 1ull << 30;
  bool operator==(const OutputConfig&) const = default;
};

enum class RuleKind : uint8_t { kCounter, kGauge, kHistogram };

// How a field's text becomes a label value.
enum class LabelForm : uint8_t {
  kText,
  kRoute,    // a path without its query string, ids in it replaced by {id}
  kOutcome,  // success or error, whatever word the service uses
};

struct MetricLabel {
  std::string name;
  std::string field;  // "": the label is always default_text
  LabelForm form = LabelForm::kText;
  std::string default_text = {};  // where the record does not have the field
  bool operator==(const MetricLabel&) const = default;
};

enum class GaugeOp : uint8_t { kSet, kInc, kDec };
enum class MetricUnit : uint8_t { kNone, kSeconds, kBytes };

struct MetricRule {
  RuleKind kind = RuleKind::kCounter;
  Place place;
  std::string name;
  std::string help;   // one line, for the exposition
  std::string event;  // of a preset: only records of this event; "" for all
  std::string where;  // only records for which this is true; "" for all
  std::string until;  // of a gauge that counts what started: the event that ends it
  std::vector<MetricLabel> labels;
  std::string value = "1";  // a field, or a number
  GaugeOp op = GaugeOp::kSet;
  MetricUnit unit = MetricUnit::kNone;  // kSeconds: the field event.duration (ns) is divided
  std::vector<double> buckets;          // upper bounds, rising; empty: the unit's usual ones
  bool operator==(const MetricRule&) const = default;
};

// How an event is recognised: by event.name, else (a record without one) by the fields it has.
struct EventShape {
  std::string name;
  std::vector<std::string> fields;  // {}: by event.name alone
  bool operator==(const EventShape&) const = default;
};

// A file of config/presets/.
struct Preset {
  std::string name;
  std::vector<EventShape> events;
  std::vector<MetricRule> rules;  // MetricRule::event: that of the list they stand in
};

struct MetricsConfig {
  std::vector<std::string> presets = {"http",     "agent",    "llm",      "tool",
                                      "db",       "rag",      "vectordb", "cache",
                                      "security", "workflow", "business", "log"};
  std::map<std::string, std::vector<std::string>> presets_by_source;  // load() fills it in
  uint64_t series_max = 10'000;
  uint64_t series_total_max = 100'000;
  int64_t open_max_ns = 900'000'000'000;
  std::vector<MetricRule> rules;
  bool operator==(const MetricsConfig&) const = default;
};

struct AlertRule {
  std::string name;
  Place place;
  std::string condition;  // parsers/figure_condition.h
  Place condition_place;
  int64_t for_ns = 0;
  std::string severity = "warning";
  Labels labels;
  std::string summary, description;  // "": made from name and condition
  bool operator==(const AlertRule&) const = default;
};

enum class ReceiverType : uint8_t { kEmail, kSlack, kWebhook, kAlertmanager };
enum class StartTls : uint8_t { kRequired, kOptional, kNone };

// Where alerts are sent; which members count is said by the type.
struct ReceiverConfig {
  std::string name;
  Place place;
  ReceiverType type = ReceiverType::kEmail;
  std::vector<std::string> severities;  // {}: all
  bool send_resolved = true;
  std::string server;  // host:port; port 465 speaks TLS from the first byte
  StartTls starttls = StartTls::kRequired;
  std::string from;  // load() fills in username, or sawlog@HOST
  std::vector<std::string> to;
  std::string url;
  std::string channel;
  std::string username, password, bearer;
  TlsConfig tls;
  bool operator==(const ReceiverConfig&) const = default;
};

struct AlertsConfig {
  int64_t interval_ns = 15'000'000'000;
  std::vector<std::string> group_by = {"alertname"};
  int64_t group_wait_ns = 10'000'000'000;
  int64_t group_interval_ns = 60'000'000'000;
  int64_t repeat_interval_ns = 4 * 3'600'000'000'000;
  uint32_t lines_max = 20;
  Labels labels;
  std::vector<AlertRule> rules;
  std::vector<ReceiverConfig> receivers;
  bool operator==(const AlertsConfig&) const = default;
};

struct Config {
  std::string state_dir = "/var/lib/sawlog";  // absolute after load(), as all paths and globs
  uint64_t memory_limit = 256u << 20;
  Labels labels;
  bool host_metrics = false;
  HttpConfig http;
  std::vector<SourceConfig> sources;
  std::optional<SourceConfig> recorded;  // load() fills it in where POST /record takes values
  MetricsConfig metrics;
  AlertsConfig alerts;
  std::vector<OutputConfig> outputs;
};

}  // namespace sawlog::config
