// A MetricHandler, and what feeds it and looks at what it shows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/metrics/metric_handler.h"

namespace sawlog::agent {

class SettableClock final : public base::Clock {
 public:
  [[nodiscard]] int64_t unix_ns() const override { return now_unix_ns; }
  [[nodiscard]] int64_t monotonic_ns() const override { return 0; }
  int64_t now_unix_ns = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z
};

class CountingSink final : public outputs::DeliverySink {
 public:
  void settled(const outputs::LineRange&, const outputs::Outcome& outcome) override {
    delivered += outcome.delivered;
  }
  void unknown(const outputs::LineRange&) override { ADD_FAILURE() << "a delivery was dropped"; }
  uint64_t delivered = 0;
};

// A handler and what feeds it.
class Feed {
 public:
  explicit Feed(const config::MetricsConfig& config = {},
                const std::vector<std::string>& states = {}) {
    auto made = MetricHandler::create(config, clock_, snapshots_);
    EXPECT_TRUE(made) << made.error().message;
    handler_ = std::move(*made);
    EXPECT_TRUE(handler_->restore(states));
  }

  Feed& lines(const std::vector<std::string>& texts) {
    std::string bytes;
    std::vector<parsers::Line> lines;
    for (const std::string& text : texts) {
      parsers::Line line;
      line.begin = static_cast<uint32_t>(bytes.size());
      line.size_bytes = static_cast<uint32_t>(text.size());
      line.original_size_bytes = text.size();
      bytes += text + "\n";
      line.next = static_cast<uint32_t>(bytes.size());
      lines.push_back(line);
    }
    const size_t size = bytes.size();
    bytes.append(parsers::kPaddingBytes, '\0');
    parsers::Chunk chunk;
    chunk.source = &source_;
    chunk.path = "/var/log/app.log";
    chunk.bytes = std::string_view(bytes).substr(0, size);
    chunk.next_offset = size;
    chunk.lines = lines;
    chunk.first_read_unix_ns = clock_.unix_ns();
    handled_ = handler_->handle(chunk, outputs::Delivery(&sink_, {{}, 0, size, lines.size()}));
    return *this;
  }
  // The sample lines after a save, without the agent's own.
  std::vector<std::string> shown() {
    (void)handler_->save_state(outputs::SaveKind::kFull);
    handler_->saved();
    return published();
  }
  // Those that begin so.
  std::vector<std::string> shown(const std::string& begin) {
    std::vector<std::string> found = shown();
    std::erase_if(found, [&](const std::string& line) { return !line.starts_with(begin); });
    return found;
  }
  std::vector<std::string> published(ExpositionFormat format = ExpositionFormat::kPrometheus) {
    std::vector<std::string> found;
    const std::string text = render_metrics(snapshots_, nullptr, format);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      if (!line.starts_with("#") && !line.starts_with("sawlog_")) found.push_back(line);
      at = end + 1;
    }
    return found;
  }
  MetricHandler& handler() { return *handler_; }
  SettableClock& clock() { return clock_; }
  Feed& from(const std::string& source) {
    source_.name = source;
    return *this;
  }
  [[nodiscard]] uint64_t delivered() const { return sink_.delivered; }
  [[nodiscard]] const outputs::Handled& handled() const { return handled_; }

 private:
  SettableClock clock_;
  MetricSnapshots snapshots_;
  parsers::SourceContext source_{.name = "app", .labels = {}, .fields = {}};
  CountingSink sink_;
  outputs::Handled handled_;
  std::unique_ptr<MetricHandler> handler_;
};

inline config::MetricsConfig presets(std::vector<std::string> names) {
  config::MetricsConfig config;
  config.presets = std::move(names);
  return config;
}

}  // namespace sawlog::agent
