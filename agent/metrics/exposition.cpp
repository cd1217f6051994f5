#include "agent/metrics/exposition.h"

#include <charconv>
#include <cmath>

namespace sawlog::agent {
namespace {

std::string_view type_name(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter:
      return "counter";
    case FamilyType::kGauge:
      return "gauge";
    case FamilyType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), end);
  }
}

// As precise as a double is readable: milliseconds.
double seconds(int64_t unix_ns) {
  return static_cast<double>(unix_ns / 1'000'000) / 1e3;
}

void append_escaped(std::string& out, std::string_view text, bool escape_quotes) {
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\\\";
    } else if (letter == '\n') {
      out += "\\n";
    } else if (letter == '"' && escape_quotes) {
      out += "\\\"";
    } else {
      out += letter;
    }
  }
}

}  // namespace

ExpositionFormat format_for(std::string_view accept) {
  return accept.find("application/openmetrics-text") == std::string_view::npos
             ? ExpositionFormat::kPrometheus
             : ExpositionFormat::kOpenMetrics;
}

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::kPrometheus
             ? "text/plain; version=0.0.4; charset=utf-8"
             : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

void ExpositionWriter::family(std::string_view name, FamilyType type, std::string_view help) {
  const bool is_open = format_ == ExpositionFormat::kOpenMetrics;
  type_ = type;
  name_ = name;
  base_ = name;
  if (take_) return;
  std::string_view type_word = type_name(type);
  if (is_open && type == FamilyType::kCounter) {
    // OpenMetrics names a counter without the _total of its samples, and knows no other counters.
    if (base_.ends_with("_total")) {
      base_.resize(base_.size() - std::string_view("_total").size());
    } else {
      type_word = "unknown";
    }
  }
  if (!help.empty()) {
    out_.append("# HELP ").append(base_).append(" ");
    append_escaped(out_, help, is_open);
    out_ += '\n';
  }
  out_.append("# TYPE ").append(base_).append(" ").append(type_word).append("\n");
}

void ExpositionWriter::sample(std::span<const LabelView> labels, double value,
                              const ExemplarView* exemplar) {
  if (take_) return take_(name_, type_, labels, value);
  // OpenMetrics allows exemplars on counters and buckets only.
  const bool is_counter = type_ == FamilyType::kCounter && base_.size() < name_.size();
  line("", labels, "", value, is_counter ? exemplar : nullptr);
}

void ExpositionWriter::histogram(std::span<const LabelView> labels, std::span<const double> bounds,
                                 std::span<const uint64_t> buckets, double sum,
                                 std::span<const ExemplarView> exemplars) {
  if (take_) return;
  uint64_t count = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    count += buckets[i];
    std::string bound;
    append_number(bound, i < bounds.size() ? bounds[i] : INFINITY);
    if (format_ == ExpositionFormat::kOpenMetrics &&
        bound.find_first_of(".eI") == std::string::npos) {
      bound += ".0";
    }
    line("_bucket", labels, bound, static_cast<double>(count),
         exemplars.empty() ? nullptr : &exemplars[i]);
  }
  line("_sum", labels, "", sum);
  line("_count", labels, "", static_cast<double>(count));
}

void ExpositionWriter::created(std::span<const LabelView> labels, int64_t unix_ns) {
  const bool is_known = type_ == FamilyType::kHistogram ||
                        (type_ == FamilyType::kCounter && base_.size() < name_.size());
  if (format_ != ExpositionFormat::kOpenMetrics || !is_known) return;
  const std::string sample_name = std::exchange(name_, base_);
  line("_created", labels, "", seconds(unix_ns));
  name_ = sample_name;
}

void ExpositionWriter::line(std::string_view suffix, std::span<const LabelView> labels,
                            std::string_view bound, double value, const ExemplarView* exemplar) {
  out_.append(name_).append(suffix);
  char separator = '{';
  const auto append_label = [&](std::string_view name, std::string_view text) {
    out_ += separator;
    separator = ',';
    out_.append(name).append("=\"");
    append_escaped(out_, text, true);
    out_ += '"';
  };
  for (const LabelView& label : labels) append_label(label.name, label.value);
  if (!bound.empty()) append_label("le", bound);
  if (separator == ',') out_ += '}';
  out_ += ' ';
  append_number(out_, value);
  if (exemplar != nullptr && !exemplar->trace_id.empty() &&
      format_ == ExpositionFormat::kOpenMetrics) {
    out_.append(" # {trace_id=\"").append(exemplar->trace_id).append("\"} ");
    append_number(out_, exemplar->value);
    out_ += ' ';
    append_number(out_, seconds(exemplar->time_unix_ns));
  }
  out_ += '\n';
}

std::string ExpositionWriter::finish() && {
  if (format_ == ExpositionFormat::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace sawlog::agent
