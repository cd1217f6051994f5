// What the lines of a sample become, for `sawlog test`: the same joining, translating, masking and
// filtering as when they are followed, and the same framing, but nothing is sent.
//
//   app.log:1                       a record, by its place (file:byte offset)
//     search  {"@timestamp":…}      what an output sends for it; filtered: it does not get it
//   metrics                         of all records, as /metrics shows them
//
// The answer depends on configuration and samples alone: lines without a time get the sample's.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "lib/base/error.h"

namespace sawlog::agent {

constexpr size_t kSampleBytesMax = 64u << 20;

struct Sample {
  std::string path;
  std::string bytes;
  int64_t modified_unix_ns = 0;
};

class SampleRun {
 public:
  // source: one of the configuration's. kInvalid if rules of metrics contradict each other.
  [[nodiscard]] static base::Expected<std::unique_ptr<SampleRun>> create(
      const config::Config& config, const config::SourceConfig& source);
  ~SampleRun();

  [[nodiscard]] std::string add(const Sample& sample);
  [[nodiscard]] std::string metrics();

 private:
  class Implementation;
  explicit SampleRun(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
