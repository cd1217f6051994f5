// From the configuration of an output to the output.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"
#include "outputs/elasticsearch_output.h"
#include "outputs/http_transport.h"
#include "outputs/kafka_output.h"
#include "outputs/loki_output.h"
#include "outputs/otlp_output.h"
#include "outputs/output.h"
#include "outputs/output_options.h"

namespace sawlog::agent {

struct OutputEnvironment {
  base::Filesystem& filesystem;
  const base::Clock& clock;
  std::string state_dir;
  std::string host_name;
  std::string agent_id;  // agent/checkpoint/agent_id.h
};

// An error names the output and what is wrong with it (a certificate that cannot be read, a dead
// letter file that cannot be opened).
[[nodiscard]] base::Expected<std::unique_ptr<outputs::Output>> make_output(
    const config::OutputConfig& config, const OutputEnvironment& environment);

// The parts of it that commands need to speak with the same destination in the same way.
[[nodiscard]] base::Expected<std::unique_ptr<outputs::HttpTransport>> make_transport(
    const config::OutputConfig& config, outputs::Credentials credentials, const base::Clock& clock);
[[nodiscard]] outputs::Credentials credentials_of(const config::ElasticsearchConfig& target);
[[nodiscard]] outputs::Credentials credentials_of(const config::LokiConfig& target);
[[nodiscard]] outputs::Credentials credentials_of(const config::OtlpConfig& target);
// What the target says; not what all outputs have in common (batches, retries, keys).
[[nodiscard]] outputs::ElasticsearchOptions elasticsearch_options(
    const config::ElasticsearchConfig& target);
[[nodiscard]] outputs::LokiOptions loki_options(const config::LokiConfig& target);
[[nodiscard]] outputs::OtlpOptions otlp_options(const config::OtlpConfig& target);
[[nodiscard]] outputs::KafkaOptions kafka_options(const config::OutputConfig& config,
                                                  const config::KafkaConfig& target);

}  // namespace sawlog::agent
