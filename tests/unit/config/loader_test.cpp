#include "config/loader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/presets.h"

namespace sawlog::config {
namespace {

const std::filesystem::path kSource = SAWLOG_SOURCE_DIR;

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

std::string messages(const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) text += mistake.to_string() + "\n";
  return text;
}

// Loads a text that must be right.
Config config_of(const std::string& yaml) {
  const Loaded loaded = load_text(yaml, "sawlog.yaml");
  EXPECT_EQ(messages(loaded.mistakes), "") << yaml;
  return loaded.config;
}

// The outputs' part of a configuration whose other parts are right.
std::string with_output(const std::string& output) {
  return "sources: {app: {paths: [/var/log/app/*.log]}}\noutputs:\n  x: {" + output + "}\n";
}

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST(Loader, TheSmallestHasTheDefaults) {
  const Config config = config_of(read_file(kSource / "config/examples/smallest.yaml"));
  ASSERT_EQ(config.sources.size(), 1);
  EXPECT_EQ(config.sources[0].name, "app");
  EXPECT_THAT(config.sources[0].paths, testing::ElementsAre("/var/log/app/*.log"));
  EXPECT_EQ(config.sources[0].line_bytes_max, 1u << 20);
  ASSERT_EQ(config.outputs.size(), 1);
  EXPECT_EQ(config.outputs[0].name, "search");
  EXPECT_EQ(config.outputs[0].type, OutputType::kElasticsearch);
  EXPECT_EQ(config.outputs[0].batch_bytes, 4u << 20);
  EXPECT_EQ(config.outputs[0].retry_attempts, kUnlimited);
  EXPECT_EQ(config.outputs[0].dead_letter_path, "/var/lib/sawlog/dead/search");
  EXPECT_EQ(config.outputs[0].place.line, 3);
  const auto& target = std::get<ElasticsearchConfig>(config.outputs[0].target);
  EXPECT_THAT(target.hosts, testing::ElementsAre("http://localhost:9200"));
  EXPECT_TRUE(target.exactly_once);
  EXPECT_EQ(config.http.listen, "127.0.0.1:7295");
  EXPECT_EQ(config.memory_limit, 256u << 20);
}

TEST(Loader, EveryExampleLoads) {
  setenv("SAWLOG_ES_PASSWORD", "correct horse", 1);
  const auto files = yaml_files(kSource / "config/examples");
  EXPECT_GE(files.size(), 6);
  for (const auto& file : files) {
    const Loaded loaded = load_file(file);
    EXPECT_EQ(messages(loaded.mistakes), "") << file;
    EXPECT_EQ(messages(loaded.warnings), "") << file;
    EXPECT_FALSE(loaded.config.outputs.empty()) << file;
  }
}

TEST(Loader, EveryKeyArrives) {
  const Config config = config_of(read_file(kSource / "config/examples/all.yaml"));
  EXPECT_THAT(config.labels,
              testing::ElementsAre(testing::Pair("env", "prod"), testing::Pair("region", "eu-1")));
  const SourceConfig& worker = config.sources.at(1);
  EXPECT_EQ(worker.start_at, StartAt::kEnd);
  EXPECT_THAT(worker.labels, testing::ElementsAre(testing::Pair("team", "payments")));
  EXPECT_THAT(worker.fields, testing::ElementsAre(testing::Pair("http.route", "uri_template")));
  EXPECT_THAT(config.sources.at(0).exclude, testing::ElementsAre("/var/log/app/debug*.log"));

  EXPECT_EQ(config.sources.at(0).where, "http.route != \"/health\"");
  EXPECT_EQ(config.sources.at(0).sample.rate, 0.5);
  EXPECT_EQ(config.sources.at(0).sample.by, "trace_id");
  EXPECT_EQ(config.sources.at(0).sample.keep, "level >= warn");
  EXPECT_EQ(config.sources.at(0).format, parsers::LineFormat::kAuto);
  EXPECT_EQ(config.sources.at(0).multiline, parsers::Multiline::kAuto);
  ASSERT_EQ(config.sources.at(0).redact.size(), 4);
  EXPECT_EQ(config.sources.at(0).redact[1].kind, parsers::RedactKind::kCard);
  EXPECT_EQ(config.sources.at(0).redact[3].replace, "K-*");
  EXPECT_EQ(worker.format, parsers::LineFormat::kRegex);
  EXPECT_EQ(worker.pattern, "^(?P<level>\\w+)\\|(?P<message>.*)$");
  EXPECT_EQ(worker.multiline_start, "^\\w+\\|");

  ASSERT_EQ(config.metrics.rules.size(), 5);
  const MetricRule& value = config.metrics.rules[1];
  EXPECT_EQ(value.kind, RuleKind::kCounter);
  EXPECT_EQ(value.where, "event.name == \"order.placed\"");
  EXPECT_EQ(value.labels.at(0).name, "order_currency");
  EXPECT_EQ(value.labels.at(0).field, "order.currency");
  EXPECT_EQ(value.value, "order.value");
  EXPECT_EQ(config.metrics.rules[2].op, GaugeOp::kSet);
  EXPECT_EQ(config.metrics.rules[3].unit, MetricUnit::kBytes);
  EXPECT_EQ(config.metrics.rules[4].until, "export.ended");
  EXPECT_EQ(config.metrics.rules[4].labels.at(0).default_text, "csv");
  EXPECT_EQ(config.metrics.open_max_ns, 3'600'000'000'000);
  ASSERT_TRUE(config.recorded);
  EXPECT_THAT(config.recorded->paths, testing::ElementsAre("/var/lib/sawlog/recorded/*.json"));

  const OutputConfig& search = config.outputs.at(0);
  EXPECT_EQ(search.in_flight, 2);
  EXPECT_EQ(search.retry_attempts, 100);
  EXPECT_EQ(search.retry_backoff_max_ns, 30'000'000'000);
  EXPECT_EQ(search.dead_letter_bytes_max, 1ull << 30);
  const OutputConfig& stream = config.outputs.at(1);
  EXPECT_FALSE(stream.canonical_keys);
  EXPECT_THAT(stream.sources, testing::ElementsAre("app"));
  EXPECT_EQ(stream.where, "level >= info");
  EXPECT_EQ(std::get<KafkaConfig>(stream.target).topic, "logs");
  EXPECT_EQ(std::get<LokiConfig>(config.outputs.at(2).target).url, "http://localhost:3100");
  const OutputConfig& archive = config.outputs.at(3);
  EXPECT_EQ(archive.batch_bytes, 1u << 20);
  EXPECT_EQ(archive.batch_age_ns, 5'000'000'000);
  EXPECT_EQ(std::get<FileConfig>(archive.target).rotate_keep, 7);
  EXPECT_EQ(std::get<FileConfig>(archive.target).rotate_age_ns, kUnlimitedNs);
}

TEST(Loader, TimesMayBeUnlimited) {
  const auto age_ns = [](const std::string& age) {
    const std::string output = "type: file, path: /a.zst, rotate: {age: " + age + "}";
    return std::get<FileConfig>(config_of(with_output(output)).outputs.at(0).target).rotate_age_ns;
  };
  EXPECT_EQ(age_ns("1.5h"), 5'400'000'000'000);
  EXPECT_EQ(age_ns("unlimited"), kUnlimitedNs);
}

TEST(Loader, AlertsArrive) {
  const Loaded loaded = load_file(kSource / "config/examples/alerts.yaml");
  const AlertsConfig& alerts = loaded.config.alerts;
  ASSERT_EQ(alerts.rules.size(), 5);
  const AlertRule& guide = alerts.rules[0];  // of alerting.json, as the guides print it
  EXPECT_EQ(guide.name, "high_cpu_usage");
  EXPECT_EQ(guide.condition, "cpu_usage > 90");
  EXPECT_EQ(guide.for_ns, 300'000'000'000);
  EXPECT_EQ(guide.severity, "critical");
  const AlertRule& own = alerts.rules[2];
  EXPECT_EQ(own.condition, "p95(http_request_duration_seconds) > 1s by (endpoint)");
  EXPECT_EQ(own.severity, "warning");
  EXPECT_EQ(own.summary, "{endpoint} takes {value} s");
  EXPECT_THAT(own.labels, testing::ElementsAre(testing::Pair("area", "frontend")));
  ASSERT_EQ(alerts.receivers.size(), 5);
  const ReceiverConfig& mail = alerts.receivers[0];
  EXPECT_EQ(mail.name, "email");
  EXPECT_EQ(mail.server, "smtp.example.com:587");
  EXPECT_EQ(mail.from, "alerts@example.com");
  EXPECT_EQ(mail.starttls, StartTls::kRequired);
  EXPECT_THAT(mail.to, testing::ElementsAre("admin@example.com"));
  const ReceiverConfig& team = alerts.receivers[1];
  EXPECT_EQ(team.tls.ca, "/etc/ssl/company.pem");
  EXPECT_THAT(team.severities, testing::ElementsAre("critical"));
  EXPECT_EQ(alerts.receivers[2].channel, "#alerts");
  EXPECT_FALSE(alerts.receivers[3].send_resolved);
  EXPECT_EQ(alerts.receivers[4].type, ReceiverType::kAlertmanager);
}

TEST(Loader, WarnsOfMetricsThatNothingMakes) {
  const auto warnings = [](const std::string& condition) {
    return messages(
        load_text("sources: {app: {paths: [/a/*.log]}}\noutputs: {see: {type: stdout}}\n"
                  "alerts:\n  receivers: {a: {type: webhook, url: 'http://a/'}}\n"
                  "  rules: [{name: x, condition: '" +
                      condition + "'}]\n",
                  "sawlog.yaml")
            .warnings);
  };
  EXPECT_EQ(warnings("error_rate > 5 and cpu_usage > 90 and sawlog_output_up == 0"), "");
  EXPECT_EQ(warnings("http_request_duration_seconds_count > 5"), "");
  EXPECT_EQ(warnings("http_request_total > 5"),
            "sawlog.yaml:5:32: no preset and no rule makes a metric 'http_request_total'; did you "
            "mean 'http_requests_total'?\n");
}

TEST(Loader, ReferencesAreReplaced) {
  setenv("SAWLOG_TEST_HOST", "es.example", 1);
  const auto file =
      std::filesystem::temp_directory_path() / ("sawlog-secret-" + std::to_string(getpid()));
  std::ofstream(file) << "correct horse\n";
  const Config config =
      config_of(with_output("type: elasticsearch, hosts: "
                            "[\"https://${env:SAWLOG_TEST_HOST}:9200\"], username: \"a$${b}\","
                            " password: \"${file:" +
                            file.string() + "}\""));
  const auto& target = std::get<ElasticsearchConfig>(config.outputs.at(0).target);
  EXPECT_THAT(target.hosts, testing::ElementsAre("https://es.example:9200"));
  EXPECT_EQ(target.password, "correct horse");
  EXPECT_EQ(target.username, "a${b}");
  std::filesystem::remove(file);
}

TEST(Loader, AliasesAreCopied) {
  const Config config = config_of(
      "sources: {app: {paths: [/a/*.log]}}\n"
      "outputs:\n"
      "  one: &one {type: elasticsearch, hosts: [\"http://a:9200\"]}\n"
      "  two: *one\n");
  EXPECT_EQ(std::get<ElasticsearchConfig>(config.outputs.at(1).target).hosts.at(0),
            "http://a:9200");
}

TEST(Loader, PathsBecomeAbsolute) {
  const Config config = config_of(
      "state_dir: state/../here\n"
      "sources: {app: {paths: [logs/*.log]}}\n"
      "outputs: {out: {type: file, path: out.zst}}\n");
  const std::string here = std::filesystem::current_path();
  EXPECT_EQ(config.state_dir, here + "/here");
  EXPECT_EQ(config.sources.at(0).paths.at(0), here + "/logs/*.log");
  EXPECT_EQ(std::get<FileConfig>(config.outputs.at(0).target).path, here + "/out.zst");
}

TEST(Loader, EndpointOffOrWithTokenOrOpen) {
  const std::string rest = with_output("type: stdout");
  EXPECT_EQ(config_of(rest + "http: {listen: \"\"}").http.listen, "");
  EXPECT_EQ(config_of(rest + "http: {listen: \"0.0.0.0:80\", token: abc}").http.token, "abc");
  EXPECT_TRUE(config_of(rest + "http: {listen: \"[::]:80\", allow_open: true}").http.allow_open);
  EXPECT_EQ(config_of(rest + "http: {listen: \"[::1]:0\"}").http.listen, "[::1]:0");
}

TEST(Loader, WarnsOfWhatIsLegalButRisky) {
  const Loaded loaded =
      load_text(with_output("type: elasticsearch, hosts: [\"https://a:9200\"], exactly_once: false,"
                            " tls: {verify: false}"),
                "sawlog.yaml");
  EXPECT_EQ(messages(loaded.mistakes), "");
  EXPECT_EQ(loaded.warnings.size(), 2);
}

TEST(Loader, MemoryNeededFollowsTheBatches) {
  const std::string output = "type: elasticsearch, hosts: [\"http://a:9200\"], in_flight: 2, ";
  const uint64_t small = memory_needed(config_of(with_output(output + "batch: {bytes: 1MiB}")));
  const uint64_t large = memory_needed(config_of(with_output(output + "batch: {bytes: 2MiB}")));
  EXPECT_NEAR(static_cast<double>(large - small), (2 + 2) * (1u << 20) * 4 / 3.0, 1);
}

TEST(Loader, AFileThatIsNotThere) {
  EXPECT_EQ(messages(load_file("/nonexistent/sawlog.yaml").mistakes),
            "/nonexistent/sawlog.yaml: cannot read the configuration: No such file or directory\n");
}

// A directory with files of configuration, removed at the end.
class ConfigFiles {
 public:
  ConfigFiles() { std::filesystem::create_directories(directory_ / "conf.d"); }
  ~ConfigFiles() { std::filesystem::remove_all(directory_); }
  ConfigFiles(const ConfigFiles&) = delete;
  ConfigFiles& operator=(const ConfigFiles&) = delete;
  std::string write(const std::string& name, const std::string& yaml) const {
    std::ofstream(directory_ / name) << yaml;
    return directory_ / name;
  }

 private:
  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("sawlog-config-" + std::to_string(getpid()));
};

TEST(Include, PartsAreJoined) {
  const ConfigFiles files;
  files.write("conf.d/b.yaml",
              "sources: {b: {paths: [/b/*.log]}}\n"
              "metrics: {rules: [{counter: b_total}]}\n"
              "labels: {team: b}\n");
  files.write("conf.d/a.yaml",
              "outputs: {a: {type: stdout}}\nmetrics: {rules: [{counter: a_total}]}\n");
  const std::string main = files.write("sawlog.yaml",
                                       "include: [conf.d/*.yaml, nothing.d/*.yaml]\n"
                                       "labels: {env: prod}\n"
                                       "metrics: {rules: [{counter: first_total}], series_max: 5}\n"
                                       "sources: {main: {paths: [/main/*.log]}}\n");
  const Loaded loaded = load_file(main);
  EXPECT_EQ(messages(loaded.mistakes), "");
  const Config& config = loaded.config;
  ASSERT_EQ(config.sources.size(), 2);
  EXPECT_EQ(config.sources[0].name, "main");
  EXPECT_EQ(config.sources[1].name, "b");
  ASSERT_EQ(config.outputs.size(), 1);
  EXPECT_EQ(config.metrics.series_max, 5);
  ASSERT_EQ(config.metrics.rules.size(), 3);
  EXPECT_EQ(config.metrics.rules[1].name, "a_total");
  EXPECT_EQ(config.metrics.rules[2].name, "b_total");
  EXPECT_THAT(config.labels,
              testing::ElementsAre(testing::Pair("env", "prod"), testing::Pair("team", "b")));
}

TEST(Include, AFileThatTwoPatternsNameComesOnce) {
  const ConfigFiles files;
  files.write("conf.d/a.yaml", "outputs: {a: {type: stdout}}\n");
  const std::string main = files.write("sawlog.yaml",
                                       "include: [conf.d/a.yaml, conf.d/*.yaml]\n"
                                       "sources: {main: {paths: [/main/*.log]}}\n");
  EXPECT_EQ(messages(load_file(main).mistakes), "");
}

TEST(Loader, AnEmptyFileAndADirectory) {
  const ConfigFiles files;
  EXPECT_THAT(messages(load_file(files.write("empty.yaml", "")).mistakes),
              testing::HasSubstr("empty.yaml:1:1: the configuration lacks 'sources'"));
  EXPECT_THAT(messages(load_file(std::filesystem::temp_directory_path()).mistakes),
              testing::HasSubstr("cannot read the configuration: Is a directory"));
}

TEST(Loader, EveryPresetLoads) {
  EXPECT_THAT(preset_names(), testing::IsSupersetOf(Config().metrics.presets));
  for (const std::string& name : preset_names()) {
    const auto preset = load_preset(name);
    ASSERT_TRUE(preset) << preset.error().message;
    EXPECT_FALSE(preset->rules.empty());
  }
  EXPECT_FALSE(load_preset("nothing"));
}

TEST(Loader, WhatMayBeRecorded) {
  const auto takes = [](const std::string& http) {
    const std::string rest =
        "sources: {app: {paths: [/a/*.log]}}\noutputs: {see: {type: stdout}}\n";
    return config_of("http: {" + http + "}\n" + rest).recorded.has_value();
  };
  EXPECT_TRUE(takes("listen: '127.0.0.1:0'"));
  EXPECT_TRUE(takes("listen: '[::1]:7295'"));
  EXPECT_FALSE(takes("listen: ''"));
  EXPECT_FALSE(takes("listen: '127.0.0.1:0', record: never"));
  EXPECT_FALSE(takes("listen: '0.0.0.0:7295', token: secret"));
  EXPECT_TRUE(takes("listen: '0.0.0.0:7295', token: secret, record: always"));
}

std::string without_folder(std::string text, const std::filesystem::path& folder) {
  const std::string prefix = folder.string() + "/";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

// Every tests/golden/config/*.yaml is wrong; what is said about it stands in the .txt beside it.
// UPDATE_GOLDEN=1 writes them anew.
TEST(Loader, WrongFiles) {
  constexpr const char* kSecret = "hunter2-hunter2";
  setenv("SAWLOG_TEST_SECRET", kSecret, 1);
  unsetenv("SAWLOG_TEST_ABSENT");
  const auto files = yaml_files(kSource / "tests/golden/config");
  EXPECT_GE(files.size(), 50);
  for (const auto& file : files) {
    const std::string said = without_folder(messages(load_file(file).mistakes), file.parent_path());
    EXPECT_NE(said, "") << file;
    EXPECT_EQ(said.find(kSecret), std::string::npos) << file;
    auto golden = file;
    golden.replace_extension(".txt");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << said;
    EXPECT_EQ(said, read_file(golden)) << file;
  }
}

// Whatever the bytes: mistakes, never a crash.
TEST(Loader, CutAndDamagedFiles) {
  const std::string whole = read_file(kSource / "config/examples/all.yaml");
  for (size_t size = 0; size < whole.size(); size += 7) {
    (void)load_text(whole.substr(0, size), "cut.yaml");
    std::string damaged = whole;
    damaged[size] = "\0\x80{[\t&*!"[size % 8];
    (void)load_text(damaged, "damaged.yaml");
  }
  (void)load_text(std::string(5'000, '['), "deep.yaml");
}

}  // namespace
}  // namespace sawlog::config
