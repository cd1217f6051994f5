#include "agent/output_probe.h"

#include "agent/output_factory.h"
#include "outputs/elasticsearch_probe.h"
#include "outputs/file_probe.h"
#include "outputs/kafka_probe.h"
#include "outputs/push_probe.h"

namespace sawlog::agent {

namespace {

using outputs::Probe;

// Asks one destination; one overload for each kind.
class Prober {
 public:
  Prober(const config::OutputConfig& config, const base::Clock& clock)
      : config_(config), clock_(clock) {}

  Probe operator()(const config::ElasticsearchConfig& target) const {
    const auto transport = make_transport(config_, credentials_of(target), clock_);
    if (!transport) return {false, transport.error().message};
    return outputs::probe_elasticsearch(elasticsearch_options(target), **transport, clock_);
  }
  Probe operator()(const config::KafkaConfig& target) const {
    return outputs::probe_kafka(kafka_options(config_, target));
  }
  Probe operator()(const config::LokiConfig& target) const {
    const auto transport = make_transport(config_, credentials_of(target), clock_);
    if (!transport) return {false, transport.error().message};
    return outputs::probe_loki(loki_options(target), **transport, clock_);
  }
  Probe operator()(const config::OtlpConfig& target) const {
    const auto transport = make_transport(config_, credentials_of(target), clock_);
    if (!transport) return {false, transport.error().message};
    return outputs::probe_otlp(otlp_options(target), **transport, clock_);
  }
  Probe operator()(const config::FileConfig& target) const {
    return outputs::probe_file(target.path);
  }
  Probe operator()(const config::StdoutConfig&) const { return {true, "works: nothing to reach"}; }

 private:
  const config::OutputConfig& config_;
  const base::Clock& clock_;
};

}  // namespace

Probe probe_output(const config::OutputConfig& config, const base::Clock& clock) {
  return std::visit(Prober(config, clock), config.target);
}

}  // namespace sawlog::agent
