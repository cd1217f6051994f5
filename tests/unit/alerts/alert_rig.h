// Alerts with a clock that stands still, a disk in memory, and receivers that write down what they
// get. The test says what the figures are and lets time pass.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/alerts/alerts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent::test {

class AlertRig {
 public:
  AlertRig() : filesystem(clock) { filesystem.make_directory("/state"); }

  static config::AlertRule rule(const std::string& name, const std::string& condition,
                                int64_t for_s = 0) {
    config::AlertRule rule;
    rule.name = name;
    rule.condition = condition;
    rule.for_ns = for_s * base::kNsPerSecond;
    return rule;
  }
  void add_receiver(const std::string& name,
                    config::ReceiverType type = config::ReceiverType::kWebhook) {
    config::ReceiverConfig receiver;
    receiver.name = name;
    receiver.type = type;
    config.receivers.push_back(receiver);
  }

  // Again: as after a crash, with what was saved.
  void open() {
    alerts.reset();
    AlertsOptions options;
    options.state_dir = "/state";
    options.host = "web-1";
    options.figures = [this]() -> std::optional<Figures> {
      if (!figures) return std::nullopt;
      Figures now;
      figures(now);
      return now;
    };
    options.report = [this](const char* level, const std::string& message) {
      reports.push_back(std::string(level) + ": " + message);
    };
    options.channel = [this](const config::ReceiverConfig& receiver) -> SendFunction {
      return [this, name = receiver.name](
                 const AlertMessage& message,
                 const std::function<bool()>&) -> tl::expected<void, SendFailure> {
        ++attempts;
        if (is_down) return tl::unexpected(SendFailure{"connection refused"});
        messages.push_back({name, message});
        return {};
      };
    };
    auto opened = Alerts::open(config, std::move(options), filesystem, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    alerts = std::move(*opened);
  }

  // Looks every 15 s, and sends what is due in between, every second.
  void pass(int64_t seconds) {
    for (int64_t second = 0; second < seconds; ++second) {
      if (elapsed_s++ % 15 == 0) alerts->look();
      for (size_t i = 0; i < config.receivers.size(); ++i) {
        while (alerts->step(i) == 0) {
        }
      }
      clock.advance_seconds(1);
    }
  }

  [[nodiscard]] bool says(const std::string& text) const {
    return alerts->status_json().find(text) != std::string::npos;
  }
  [[nodiscard]] bool fires() const { return says("\"state\":\"firing\""); }

  struct Received {
    std::string receiver;
    AlertMessage message;
  };

  tests::FakeClock clock;
  tests::FakeFilesystem filesystem;
  config::AlertsConfig config;
  std::function<void(Figures&)> figures;
  std::vector<Received> messages;
  std::vector<std::string> reports;
  bool is_down = false;
  int attempts = 0;
  int64_t elapsed_s = 0;
  std::unique_ptr<Alerts> alerts;
};

}  // namespace sawlog::agent::test
