#include "config/output_keys.h"

#include "config/nearest.h"
#include "config/section.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kKiB = 1ull << 10;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kTiB = 1ull << 40;
constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMs;
constexpr int64_t kHour = 3'600 * kSecond;
constexpr int64_t kYear = 365 * 24 * kHour;

constexpr const char* kServerTypes = "elasticsearch, kafka, loki, otlp";

const TextRules kRequiredText{.is_required = true, .check = check_not_empty};
const TextRules kSecret{.is_secret = true};

Section<ElasticsearchConfig> elasticsearch_section() {
  using Target = ElasticsearchConfig;
  Section<Target> section;
  section
      .texts("hosts", &Target::hosts, {.is_required = true, .check = check_http_url},
             "URLs of the nodes, tried in turn: [\"http://localhost:9200\"]")
      .text("data_stream", &Target::data_stream, {.check = check_not_empty},
            "the data stream that gets the records")
      .text("index", &Target::index, {},
            "instead of a data stream: an index, %Y %m %d %H of the record's time")
      .text("username", &Target::username, {}, "for basic authentication")
      .text("password", &Target::password, kSecret, "for basic authentication")
      .text("api_key", &Target::api_key, kSecret, "instead of user name and password")
      .text("pipeline", &Target::pipeline, {}, "an ingest pipeline")
      .word<bool>("compression", &Target::gzip, {{"gzip", true}, {"none", false}}, {},
                  "how requests are compressed")
      .boolean("exactly_once", &Target::exactly_once,
               "false: no _id, faster indexing, repeats after a crash");
  return section;
}

Section<KafkaConfig> kafka_section() {
  using Target = KafkaConfig;
  Section<Target> sasl;
  sasl.word<std::string>("mechanism", &Target::sasl_mechanism,
                         {{"PLAIN", "PLAIN"},
                          {"SCRAM-SHA-256", "SCRAM-SHA-256"},
                          {"SCRAM-SHA-512", "SCRAM-SHA-512"}},
                         {}, "how the brokers check who we are")
      .text("username", &Target::sasl_username, {}, "user name")
      .text("password", &Target::sasl_password, kSecret, "password");
  Section<Target> section;
  section
      .texts("brokers", &Target::brokers, {.is_required = true, .check = check_broker},
             "host:port of some brokers: [\"localhost:9092\"]")
      .text("topic", &Target::topic, {.check = check_not_empty}, "the topic that gets the records")
      .text("key", &Target::key, {},
            "a field whose value is the message key; the file when left out, which keeps its order")
      .boolean("exactly_once", &Target::exactly_once,
               "transactions, each line once for read_committed consumers; false: idempotent, "
               "repeats after a crash")
      .group("sasl", sasl, "authentication")
      .text_map("librdkafka", &Target::librdkafka, "properties of librdkafka, passed through");
  return section;
}

Section<LokiConfig> loki_section() {
  using Target = LokiConfig;
  Section<Target> section;
  section
      .text("url", &Target::url, {.is_required = true, .check = check_loki_url},
            "Loki's address: http://localhost:3100")
      .text("tenant", &Target::tenant, {}, "sent as X-Scope-OrgID")
      .text("username", &Target::username, {}, "for basic authentication")
      .text("password", &Target::password, kSecret, "for basic authentication")
      .text("bearer", &Target::bearer, kSecret, "a token instead of user name and password")
      .texts("labels", &Target::labels, {.check = check_not_empty},
             "fields that become stream labels: few values each, never ids")
      .texts("metadata", &Target::metadata, {.check = check_not_empty},
             "fields that become structured metadata: ids may be here")
      .count("streams_max", &Target::streams_max, 1, 10'000,
             "label sets in a day; the records of others share one stream");
  return section;
}

Section<OtlpConfig> otlp_section() {
  using Target = OtlpConfig;
  Section<Target> section;
  section
      .text("url", &Target::url, {.is_required = true, .check = check_otlp_url},
            "where /v1/logs is: http://localhost:4318")
      .text("username", &Target::username, {}, "for basic authentication")
      .text("password", &Target::password, kSecret, "for basic authentication")
      .text("bearer", &Target::bearer, kSecret, "a token instead of user name and password")
      .text_map("headers", &Target::headers, "sent with each request: {X-Scope-OrgID: team-a}")
      .word<bool>("compression", &Target::gzip, {{"gzip", true}, {"none", false}}, {},
                  "how requests are compressed");
  return section;
}

Section<FileConfig> file_section() {
  using Target = FileConfig;
  Section<Target> rotate;
  rotate.size("bytes", &Target::rotate_bytes, kMiB, kTiB, "a new file is begun at this size")
      .time("age", &Target::rotate_age_ns, kSecond, kYear, "or when the file is this old", true)
      .count("keep", &Target::rotate_keep, 1, 10'000, "how many finished files are kept");
  Section<Target> section;
  section.text("path", &Target::path, kRequiredText, "the file to write")
      .word<Compression>("compression", &Target::compression,
                         {{"zstd", Compression::kZstd},
                          {"gzip", Compression::kGzip},
                          {"none", Compression::kNone}},
                         {}, "how the file is compressed")
      .group("rotate", rotate, "when a new file is begun");
  return section;
}

Section<StdoutConfig> stdout_section() {
  Section<StdoutConfig> section;
  section.word<bool>("format", &StdoutConfig::pretty, {{"json", false}, {"pretty", true}}, {},
                     "json, or one readable line a record");
  return section;
}

struct TypeName {
  std::string name;
  OutputType type;
};

const std::vector<TypeName>& type_names() {
  static const std::vector<TypeName> kNames = {{"elasticsearch", OutputType::kElasticsearch},
                                               {"opensearch", OutputType::kElasticsearch},
                                               {"kafka", OutputType::kKafka},
                                               {"loki", OutputType::kLoki},
                                               {"otlp", OutputType::kOtlp},
                                               {"file", OutputType::kFile},
                                               {"stdout", OutputType::kStdout}};
  return kNames;
}

// What every output has.
Section<OutputConfig> common_section() {
  using Output = OutputConfig;
  Section<Output> batch, section;
  batch.size("bytes", &Output::batch_bytes, 16 * kKiB, 256 * kMiB, "a batch is sent at this size")
      .time("age", &Output::batch_age_ns, kMs, kHour, "or when its first line is this old");
  KeyInfo type;
  type.name = "type";
  type.type = ValueType::kWord;
  type.is_required = true;
  for (const TypeName& known : type_names()) type.words.push_back(known.name);
  type.meaning = "what is at the other end";
  section.custom(type, [](const Node&, const std::string&, Output&, Reading&) {})
      .texts("sources", &Output::sources, {.may_be_empty = false, .check = check_not_empty},
             "names of the sources whose records come here")
      .word<bool>("keys", &Output::canonical_keys, {{"canonical", true}, {"as_is", false}}, {},
                  "as_is: no key of a record is renamed")
      .group("batch", batch, "how much is sent at once")
      .text("where", &Output::where, {.check = check_expression},
            "an expression: only these records")
      .text("renamed_from", &Output::renamed_from, {.check = check_given_name},
            "the output's old name, whose cursors are taken over");
  return section;
}

// What outputs have whose destination is a server.
Section<OutputConfig> server_section() {
  using Output = OutputConfig;
  Section<Output> retry, dead_letter, section;
  retry
      .count("attempts", &Output::retry_attempts, 1, 1'000'000,
             "how often a batch is tried; a limit needs dead_letter", true)
      .time("backoff_max", &Output::retry_backoff_max_ns, kSecond, kHour,
            "the longest wait between two attempts");
  dead_letter
      .text("path", &Output::dead_letter_path, {.check = check_not_empty},
            "file for records that are refused for good; STATE_DIR/dead/NAME when left out")
      .size("bytes_max", &Output::dead_letter_bytes_max, kMiB, kTiB,
            "the output pauses when this much is there");
  section.count("in_flight", &Output::in_flight, 1, 64, "how many batches may be unanswered")
      .section("tls", &Output::tls, tls_section(), "for https; for Kafka it turns TLS on")
      .group("retry", retry, "when the destination does not answer or is too busy")
      .group("dead_letter", dead_letter, "where records go that the destination refuses for good");
  return section;
}

// What the file output has: the disk may be full for a while, but refuses no record for good.
Section<OutputConfig> disk_section() {
  Section<OutputConfig> retry, section;
  retry.time("backoff_max", &OutputConfig::retry_backoff_max_ns, kSecond, kHour,
             "the longest wait between two attempts");
  section.group("retry", retry, "when the disk is full");
  return section;
}

void include_same(Section<OutputConfig>& section, const Section<OutputConfig>& other,
                  const std::string& only_for) {
  section.include<OutputConfig>(
      other, [](OutputConfig& output) -> OutputConfig& { return output; }, only_for);
}

template <class Target>
void include_target(Section<OutputConfig>& section, const Section<Target>& target,
                    const std::string& type) {
  section.include<Target>(
      target, [](OutputConfig& output) -> Target& { return std::get<Target>(output.target); },
      type);
}

void include_type(Section<OutputConfig>& section, OutputType type) {
  switch (type) {
    case OutputType::kElasticsearch:
      return include_target(section, elasticsearch_section(), "elasticsearch");
    case OutputType::kKafka:
      return include_target(section, kafka_section(), "kafka");
    case OutputType::kLoki:
      return include_target(section, loki_section(), "loki");
    case OutputType::kOtlp:
      return include_target(section, otlp_section(), "otlp");
    case OutputType::kFile:
      include_same(section, disk_section(), "file");
      return include_target(section, file_section(), "file");
    case OutputType::kStdout:
      return include_target(section, stdout_section(), "stdout");
  }
}

bool has_server(OutputType type) {
  return type == OutputType::kElasticsearch || type == OutputType::kKafka ||
         type == OutputType::kLoki || type == OutputType::kOtlp;
}

void set_target(OutputConfig& output) {
  switch (output.type) {
    case OutputType::kElasticsearch:
      output.target = ElasticsearchConfig{};
      break;
    case OutputType::kKafka:
      output.target = KafkaConfig{};
      break;
    case OutputType::kLoki:
      output.target = LokiConfig{};
      break;
    case OutputType::kOtlp:
      output.target = OtlpConfig{};
      break;
    case OutputType::kFile:
      output.target = FileConfig{};
      break;
    case OutputType::kStdout:
      output.target = StdoutConfig{};
      break;
  }
}

// The type decides which keys there are, so it is read first. False: a mistake was noted.
bool read_type(const Node& node, const std::string& path, OutputConfig& output, Reading& reading) {
  std::vector<std::string> words;
  for (const TypeName& known : type_names()) words.push_back(known.name);
  const Node* type = node.find("type");
  if (node.kind != Node::Kind::kMap) {
    reading.mistake(node.place, "'" + path + "' must be a map of keys");
    return false;
  }
  if (type == nullptr) {
    reading.mistake(node.place, "'" + path + "' lacks 'type': one of " + show_list(words));
    return false;
  }
  const auto word = read_word(*type, path + ".type", words, {}, reading);
  for (const TypeName& known : type_names()) {
    if (word == known.name) output.type = known.type;
  }
  set_target(output);
  return word.has_value();
}

// "'hosts' is a key of type elasticsearch, not of kafka", or "".
std::string key_of_other_type(const std::string& key, const std::string& type) {
  const std::vector<KeyInfo> keys = output_keys();
  const auto found = std::ranges::find(keys, key, &KeyInfo::name);
  if (found == keys.end()) return "";
  return "'" + key + "' is a key of type " + found->only_for + ", not of " + type;
}

}  // namespace

Section<TlsConfig> tls_section() {
  Section<TlsConfig> section;
  section.text("ca", &TlsConfig::ca, {}, "PEM file of the authority; the system's when left out")
      .text("cert", &TlsConfig::cert, {}, "PEM file of our certificate")
      .text("key", &TlsConfig::key, {}, "PEM file of its key")
      .boolean("verify", &TlsConfig::verify, "false: any certificate of the server will do");
  return section;
}

void read_output(const Node& node, const std::string& path, OutputConfig& output,
                 Reading& reading) {
  if (!read_type(node, path, output, reading)) return;
  Section<OutputConfig> section = common_section();
  if (has_server(output.type)) include_same(section, server_section(), kServerTypes);
  include_type(section, output.type);
  const std::string type = node.find("type")->text;
  section.read(node, path, output, reading,
               [&](const std::string& key) { return key_of_other_type(key, type); });
  output.has_dead_letter = node.find("dead_letter") != nullptr;
  output.tls.is_given = node.find("tls") != nullptr;
}

std::vector<KeyInfo> output_keys() {
  Section<OutputConfig> section = common_section();
  include_same(section, server_section(), kServerTypes);
  for (const OutputType type : {OutputType::kElasticsearch, OutputType::kKafka, OutputType::kLoki,
                                OutputType::kOtlp, OutputType::kFile, OutputType::kStdout}) {
    include_type(section, type);
  }
  return section.infos();
}

}  // namespace sawlog::config
