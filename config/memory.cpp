#include "config/loader.h"
#include "parsers/chunk.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kProcessBytes = 20 * kMiB;  // code, threads, tail, endpoint, allocator
constexpr uint64_t kReadBytes = kMiB / 2;      // a consumer's chunk and its lines
// What a source's records are made into at each step, kept for the next chunk; what a long line
// made larger is not kept (parsers::clear_buffer).
constexpr uint64_t kStepBytes = parsers::kBufferKeptBytes;
constexpr uint64_t kSeriesBytes = 512;  // a series with its labels, live and in the snapshot

// Each makes its own copy: the envelopes taken off, the lines translated, the secrets masked.
uint64_t step_count(const SourceConfig& source) {
  using parsers::LineFormat;
  const bool unwraps = source.format == LineFormat::kAuto || source.format == LineFormat::kCri;
  return (unwraps ? 1 : 0) + (source.format == LineFormat::kJson ? 0 : 1) +
         (source.redact.empty() ? 0 : 1);
}

constexpr uint64_t kAlertBytes = 16 * kMiB;  // histories of the figures; agent/alerts/ keeps it

}  // namespace

uint64_t output_memory_bytes(const OutputConfig& output) {
  return (output.in_flight + 2ull) * output.batch_bytes * 4 / 3;
}

uint64_t memory_needed(const Config& config) {
  uint64_t line_bytes = 0;  // of the longest line, and all that is made of it
  uint64_t step_bytes = 0;
  for (const SourceConfig& source : config.sources) {
    line_bytes = std::max(line_bytes, source.line_bytes_max * (1 + step_count(source)));
    step_bytes += step_count(source) * kStepBytes;
  }
  const uint64_t consumer_bytes = kReadBytes + line_bytes + step_bytes;
  uint64_t needed = kProcessBytes + consumer_bytes + config.metrics.series_total_max * kSeriesBytes;
  if (!config.alerts.rules.empty()) needed += kAlertBytes;
  for (const OutputConfig& output : config.outputs) {
    needed += consumer_bytes + output_memory_bytes(output);
  }
  return needed;
}

}  // namespace sawlog::config
