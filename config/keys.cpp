#include "config/keys.h"

#include "config/alert_keys.h"
#include "config/metric_keys.h"
#include "config/named_sections.h"
#include "config/output_keys.h"
#include "config/section.h"
#include "config/source_keys.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kTiB = 1ull << 40;

Section<HttpConfig> http_section() {
  Section<HttpConfig> tls;
  tls.text("cert", &HttpConfig::tls_cert, {.check = check_not_empty},
           "file with the certificate, PEM; those that it was signed with behind it")
      .text("key", &HttpConfig::tls_key, {.check = check_not_empty}, "file with its key, PEM")
      .text("client_ca", &HttpConfig::tls_client_ca, {.check = check_not_empty},
            "file with the authorities whose client certificates are asked for, PEM");
  Section<HttpConfig> section;
  section
      .text("listen", &HttpConfig::listen, {.check = check_listen_address},
            "address:port of /metrics, /health and /status; \"\" turns them off")
      .text("token", &HttpConfig::token, {.is_secret = true},
            "asked for as 'Authorization: Bearer TOKEN', except by /health/live")
      .group("tls", tls, "HTTPS instead of HTTP")
      .boolean("allow_open", &HttpConfig::allow_open,
               "true: another address than loopback is fine without a token or client_ca")
      .word<RecordAccess>("record", &HttpConfig::record,
                          {{"loopback", RecordAccess::kLoopback},
                           {"always", RecordAccess::kAlways},
                           {"never", RecordAccess::kNever}},
                          {},
                          "whether POST /record takes values: on a loopback address only, always, "
                          "or never");
  return section;
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

// What include does is done before anything is read: config/include.h.
void check_include(const Node& node, const std::string& path, Config&, Reading& reading) {
  (void)read_texts(node, path, {.check = check_not_empty}, reading);
}

Section<Config> root_section() {
  Section<Config> section;
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
      .boolean("host_metrics", &Config::host_metrics,
               "the host's cpu, memory, filesystems, disks, network, load in /metrics, under node "
               "exporter's names")
      .section("http", &Config::http, http_section(), "the agent's own endpoint")
      .custom(include, check_include)
      .custom(
          named_info("sources", "what is followed, each under a name", source_section().infos()),
          read_sources)
      .section("metrics", &Config::metrics, metrics_section(), "metrics made from the records")
      .section("alerts", &Config::alerts, alerts_section(), "rules, and where alerts are sent")
      .custom(named_info("outputs", "where the records go, each under a name", output_keys()),
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
