#include "config/loader.h"

namespace sawlog::config {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kProcessBytes = 24 * kMiB;  // code, threads, tail, endpoint, allocator
constexpr uint64_t kReadBytes = kMiB;          // a consumer's chunk
constexpr uint64_t kSeriesBytes = 512;         // a series with its labels, live and in the snapshot

}  // namespace

uint64_t output_memory_bytes(const OutputConfig& output) {
  return (output.in_flight + 2ull) * output.batch_bytes * 4 / 3;
}

uint64_t memory_needed(const Config& config) {
  uint64_t line_bytes_max = 0;
  for (const SourceConfig& source : config.sources) {
    line_bytes_max = std::max(line_bytes_max, source.line_bytes_max);
  }
  const uint64_t consumer_bytes = kReadBytes + line_bytes_max;
  uint64_t needed = kProcessBytes + consumer_bytes + config.metrics.series_total_max * kSeriesBytes;
  for (const OutputConfig& output : config.outputs) {
    needed += consumer_bytes + output_memory_bytes(output);
  }
  return needed;
}

}  // namespace sawlog::config
