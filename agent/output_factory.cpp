#include "agent/output_factory.h"

#include <random>

#include "config/loader.h"
#include "outputs/curl_transport.h"
#include "outputs/dead_letters.h"
#include "outputs/elasticsearch_output.h"
#include "outputs/file_output.h"
#include "outputs/stdout_output.h"

namespace sawlog::agent {

namespace {

using base::Expected;
using MadeOutput = Expected<std::unique_ptr<outputs::Output>>;

outputs::TlsOptions tls_of(const config::OutputConfig& config) {
  return {config.tls.ca, config.tls.cert, config.tls.key, config.tls.verify};
}

// Makes one output from its configuration; one overload for each kind.
class Factory {
 public:
  Factory(const config::OutputConfig& config, const OutputEnvironment& environment)
      : config_(config), environment_(environment) {}

  MadeOutput operator()(const config::ElasticsearchConfig& target) const {
    auto dead_letters = open_dead_letters();
    if (!dead_letters) return tl::unexpected(dead_letters.error());
    auto transport = make_transport(config_, credentials_of(target), environment_.clock);
    if (!transport) return tl::unexpected(transport.error());
    outputs::ElasticsearchOptions options = elasticsearch_options(target);
    options.canonical_keys = config_.canonical_keys;
    options.host_name = environment_.host_name;
    options.batch = batch();
    options.retry = retry();
    options.random_seed = seed();
    return std::make_unique<outputs::ElasticsearchOutput>(
        std::move(options), std::move(*transport), std::move(*dead_letters), environment_.clock);
  }

  MadeOutput operator()(const config::LokiConfig& target) const {
    auto dead_letters = open_dead_letters();
    if (!dead_letters) return tl::unexpected(dead_letters.error());
    auto transport = make_transport(config_, credentials_of(target), environment_.clock);
    if (!transport) return tl::unexpected(transport.error());
    outputs::LokiOptions options = loki_options(target);
    options.canonical_keys = config_.canonical_keys;
    options.host_name = environment_.host_name;
    options.batch = batch();
    options.retry = retry();
    options.random_seed = seed();
    return std::make_unique<outputs::LokiOutput>(std::move(options), std::move(*transport),
                                                 std::move(*dead_letters), environment_.clock);
  }

  MadeOutput operator()(const config::KafkaConfig& target) const {
    auto dead_letters = open_dead_letters();
    if (!dead_letters) return tl::unexpected(dead_letters.error());
    outputs::KafkaOptions options = kafka_options(config_, target);
    if (target.exactly_once) {
      options.client.transactional_id = "sawlog." + environment_.agent_id + "." + config_.name;
    }
    options.batch = batch();
    options.retry = retry();
    options.lines = lines();
    options.retry_seed = seed();
    return outputs::KafkaOutput::create(environment_.clock, std::move(*dead_letters),
                                        std::move(options));
  }

  MadeOutput operator()(const config::OtlpConfig& target) const {
    auto dead_letters = open_dead_letters();
    if (!dead_letters) return tl::unexpected(dead_letters.error());
    auto transport = make_transport(config_, credentials_of(target), environment_.clock);
    if (!transport) return tl::unexpected(transport.error());
    outputs::OtlpOptions options = otlp_options(target);
    options.batch = batch();
    options.retry = retry();
    options.lines = lines();
    options.random_seed = seed();
    return std::make_unique<outputs::OtlpOutput>(std::move(options), std::move(*transport),
                                                 std::move(*dead_letters), environment_.clock);
  }

  MadeOutput operator()(const config::FileConfig& target) const {
    outputs::FileOptions options;
    options.path = target.path;
    options.format = format_of(target.compression);
    options.rotate_bytes = target.rotate_bytes;
    options.rotate_age_ns = target.rotate_age_ns;
    options.rotate_keep = target.rotate_keep;
    options.batch = batch();
    options.retry = retry();
    options.lines = lines();
    options.retry_seed = seed();
    return std::make_unique<outputs::FileOutput>(environment_.filesystem, environment_.clock,
                                                 std::move(options));
  }

  MadeOutput operator()(const config::StdoutConfig& target) const {
    outputs::StdoutOptions options;
    options.pretty = target.pretty;
    options.batch = batch();
    options.lines = lines();
    return std::make_unique<outputs::StdoutOutput>(std::move(options));
  }

 private:
  static outputs::FrameFormat format_of(config::Compression compression) {
    switch (compression) {
      case config::Compression::kNone:
        return outputs::FrameFormat::kNone;
      case config::Compression::kGzip:
        return outputs::FrameFormat::kGzip;
      case config::Compression::kZstd:
        return outputs::FrameFormat::kZstd;
    }
    return outputs::FrameFormat::kNone;
  }

  Expected<std::unique_ptr<outputs::DeadLetters>> open_dead_letters() const {
    return outputs::DeadLetters::open(
        environment_.filesystem, environment_.clock,
        {config_.dead_letter_path, config_.dead_letter_bytes_max, config_.name});
  }

  outputs::BatchOptions batch() const {
    outputs::BatchOptions batch;
    batch.bytes_max = config_.batch_bytes;
    batch.age_max_ns = config_.batch_age_ns;
    batch.in_flight_max = config_.in_flight;
    batch.memory_bytes_max = config::output_memory_bytes(config_);
    return batch;
  }
  outputs::RetryOptions retry() const {
    outputs::RetryOptions retry;
    retry.backoff_max_ns = config_.retry_backoff_max_ns;
    retry.attempts_max = config_.retry_attempts == config::kUnlimited ? 0 : config_.retry_attempts;
    return retry;
  }
  parsers::LineWriterOptions lines() const {
    parsers::LineWriterOptions lines;
    lines.canonical_keys = config_.canonical_keys;
    lines.host_name = environment_.host_name;
    return lines;
  }
  // Of the jitter: a fleet must not draw the same waits.
  static uint64_t seed() { return std::random_device{}(); }

  const config::OutputConfig& config_;
  const OutputEnvironment& environment_;
};

}  // namespace

MadeOutput make_output(const config::OutputConfig& config, const OutputEnvironment& environment) {
  auto output = std::visit(Factory(config, environment), config.target);
  if (!output) {
    output.error().message = "output '" + config.name + "': " + output.error().message;
  }
  return output;
}

Expected<std::unique_ptr<outputs::HttpTransport>> make_transport(const config::OutputConfig& config,
                                                                 outputs::Credentials credentials,
                                                                 const base::Clock& clock) {
  return outputs::CurlTransport::create(
      {.tls = tls_of(config), .credentials = std::move(credentials)}, clock);
}

outputs::Credentials credentials_of(const config::ElasticsearchConfig& target) {
  return {target.username, target.password, target.api_key, /*bearer=*/""};
}

outputs::KafkaOptions kafka_options(const config::OutputConfig& config,
                                    const config::KafkaConfig& target) {
  outputs::KafkaOptions options;
  options.topic = target.topic;
  options.key_field = target.key;
  options.client.brokers = target.brokers;
  options.client.use_tls = config.tls.is_given;
  options.client.tls = tls_of(config);
  options.client.sasl = {target.sasl_mechanism, target.sasl_username, target.sasl_password};
  options.client.reconnect_delay_max_ns = config.retry_backoff_max_ns;
  options.client.properties = target.librdkafka;
  return options;
}

outputs::Credentials credentials_of(const config::LokiConfig& target) {
  return {target.username, target.password, /*api_key=*/"", target.bearer};
}

outputs::Credentials credentials_of(const config::OtlpConfig& target) {
  return {target.username, target.password, /*api_key=*/"", target.bearer};
}

outputs::LokiOptions loki_options(const config::LokiConfig& target) {
  outputs::LokiOptions options;
  options.url = target.url;
  options.tenant = target.tenant;
  options.labels = target.labels;
  options.metadata = target.metadata;
  options.streams_max = target.streams_max;
  return options;
}

outputs::OtlpOptions otlp_options(const config::OtlpConfig& target) {
  outputs::OtlpOptions options;
  options.url = target.url;
  for (const auto& [name, value] : target.headers) options.headers.push_back(name + ": " + value);
  options.gzip = target.gzip;
  return options;
}

outputs::ElasticsearchOptions elasticsearch_options(const config::ElasticsearchConfig& target) {
  outputs::ElasticsearchOptions options;
  options.hosts = target.hosts;
  options.data_stream = target.data_stream;
  options.index = target.index;
  options.pipeline = target.pipeline;
  options.gzip = target.gzip;
  options.exactly_once = target.exactly_once;
  return options;
}

}  // namespace sawlog::agent
