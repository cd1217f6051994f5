// Writes what Prometheus reads: the text format 0.0.4, or OpenMetrics 1.0 for who asks for it.
// Sources: prometheus.io/docs/instrumenting/exposition_formats, openmetrics.io (specification).
//
// A family is written at once: family(), then all of its samples. Label values may be any valid
// UTF-8; they are escaped here. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sawlog::agent {

enum class ExpositionFormat : uint8_t { kPrometheus, kOpenMetrics };

// By the header Accept of the request.
[[nodiscard]] ExpositionFormat format_for(std::string_view accept);
[[nodiscard]] std::string_view content_type(ExpositionFormat format);

enum class FamilyType : uint8_t { kCounter, kGauge, kHistogram };

struct LabelView {
  std::string_view name;
  std::string_view value;
};

// A trace behind a value; only OpenMetrics shows it.
struct ExemplarView {
  std::string_view trace_id;
  double value = 0;
  int64_t time_unix_ns = 0;
};

// Gets counters and gauges as they are, where nobody wants a text.
using SampleFunction = std::function<void(std::string_view name, FamilyType type,
                                          std::span<const LabelView> labels, double value)>;

class ExpositionWriter {
 public:
  explicit ExpositionWriter(ExpositionFormat format) : format_(format) {}
  // Writes nothing: each sample of a counter or gauge goes to take.
  explicit ExpositionWriter(SampleFunction take)
      : format_(ExpositionFormat::kPrometheus), take_(std::move(take)) {}

  // name: with its _total, if it has one.
  void family(std::string_view name, FamilyType type, std::string_view help);
  // exemplar: of a counter, or nullptr.
  void sample(std::span<const LabelView> labels, double value,
              const ExemplarView* exemplar = nullptr);
  void sample(std::initializer_list<LabelView> labels, double value) {
    sample(std::span(labels.begin(), labels.size()), value);
  }
  // buckets: how many values fell into each (not summed up), one more than bounds; exemplars: by
  // bucket, without a trace where there is none, or empty.
  void histogram(std::span<const LabelView> labels, std::span<const double> bounds,
                 std::span<const uint64_t> buckets, double sum,
                 std::span<const ExemplarView> exemplars = {});
  // When the series of the sample before began; only OpenMetrics shows it.
  void created(std::span<const LabelView> labels, int64_t unix_ns);

  [[nodiscard]] std::string finish() &&;

 private:
  void line(std::string_view suffix, std::span<const LabelView> labels, std::string_view bound,
            double value, const ExemplarView* exemplar = nullptr);

  ExpositionFormat format_;
  SampleFunction take_;
  FamilyType type_ = FamilyType::kGauge;
  std::string name_;  // as samples spell it
  std::string base_;  // without _total in OpenMetrics
  std::string out_;
};

// Adds the agent's own metrics at the time of a scrape; called by the endpoint's threads.
using CollectFunction = std::function<void(ExpositionWriter&)>;

}  // namespace sawlog::agent
