// Sawlog and spdlog together. Link sawlog::spdlog, or spdlog your own way.
//
//   sawlog::to(sink)      any spdlog sink as a further destination of Sawlog's lines
//   sawlog::spdlog_sink   makes existing spdlog::info(...) calls write Sawlog's lines:
//                         spdlog::default_logger()->sinks() =
//                         {std::make_shared<sawlog::spdlog_sink>()};
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include <sawlog/foreign.h>
#include <sawlog/options.h>
#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/sink.h>

namespace sawlog {

namespace detail {

inline Level level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return Level::trace;
    case spdlog::level::debug:
      return Level::debug;
    case spdlog::level::info:
      return Level::info;
    case spdlog::level::warn:
      return Level::warn;
    case spdlog::level::err:
      return Level::error;
    case spdlog::level::critical:
      return Level::fatal;
    default:
      return Level::off;
  }
}

inline spdlog::level::level_enum spdlog_level_of(Level level) {
  // Both count from trace to off in the same order.
  return static_cast<spdlog::level::level_enum>(level);
}

inline void write_to_sink(void* state, const Line& line) {
  auto& sink = *static_cast<spdlog::sinks::sink*>(state);
  if (!sink.should_log(spdlog_level_of(line.level))) return;
  const spdlog::log_clock::time_point time{std::chrono::duration_cast<spdlog::log_clock::duration>(
      std::chrono::nanoseconds(line.time_unix_ns))};
  sink.log(spdlog::details::log_msg(
      time, spdlog::source_loc{},
      spdlog::string_view_t(line.logger_name.data(), line.logger_name.size()),
      spdlog_level_of(line.level), spdlog::string_view_t(line.text.data(), line.text.size())));
}

inline void flush_sink(void* state) {
  static_cast<spdlog::sinks::sink*>(state)->flush();
}

}  // namespace detail

// The sink gets each line as its whole message; its pattern is set to just that, its level is kept.
inline Destination to(std::shared_ptr<spdlog::sinks::sink> sink) {
  sink->set_pattern("%v");
  return {std::move(sink), &detail::write_to_sink, &detail::flush_sink};
}

class spdlog_sink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const auto time =
        std::chrono::duration_cast<std::chrono::nanoseconds>(message.time.time_since_epoch());
    log_foreign({message.logger_name.data(), message.logger_name.size()},
                {detail::level_of(message.level),
                 {message.payload.data(), message.payload.size()},
                 time.count(),
                 message.source.filename,
                 static_cast<unsigned>(message.source.line),
                 message.source.funcname});
  }
  void flush() override { sawlog::flush(); }
  void set_pattern(const std::string& /*pattern*/) override {}  // the format is Sawlog's
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}
};

}  // namespace sawlog
