#include "benchmarks/logger_rivals.h"

#include <memory>

#include <sawlog/sawlog.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#if defined(SAWLOG_HAS_QUILL)
#include <quill/Backend.h>
#include <quill/Frontend.h>
#include <quill/LogMacros.h>
#include <quill/Logger.h>
#include <quill/sinks/FileSink.h>
#endif

namespace sawlog::benchmarks {

namespace {

Rival sawlog_rival() {
  return {"sawlog", "",
          [](const std::string& file) {
            sawlog::start({.service = "checkout",
                           .file = file,
                           .when_full = sawlog::block,
                           .source_location = false});
          },
          [log = sawlog::get("checkout.cart")](const Event& event) {
            log.info("order placed", {{"order_id", event.order_id},
                                      {"provider", event.provider},
                                      {"total", event.total},
                                      {"items", event.items},
                                      {"user_id", event.user_id},
                                      {"vip", event.is_vip}});
          },
          [] { sawlog::flush(); }};
}

Rival spdlog_rival() {
  static std::shared_ptr<spdlog::logger> log;
  return {
      "spdlog async", "spdlog_async",
      [](const std::string& file) {
        spdlog::init_thread_pool(8192, 1);
        log = spdlog::create_async<spdlog::sinks::basic_file_sink_mt>("checkout.cart", file);
        log->set_pattern(
            R"({"@timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","log.level":"%l","message":"order placed",)"
            R"("ecs.version":"8.11.0","log.logger":"%n","service.name":"checkout",%v})",
            spdlog::pattern_time_type::utc);
      },
      [](const Event& event) {
        log->info(R"("order_id":"{}","provider":"{}","total":{},"items":{},"user_id":{},"vip":{})",
                  event.order_id, event.provider, event.total, event.items, event.user_id,
                  event.is_vip);
      },
      [] {
        log.reset();
        spdlog::shutdown();
      }};
}

#if defined(SAWLOG_HAS_QUILL)
Rival quill_rival() {
  static quill::Logger* log = nullptr;
  return {"quill", "quill",
          [](const std::string& file) {
            quill::Backend::start();
            log = quill::Frontend::create_or_get_logger(
                "checkout.cart", quill::Frontend::create_or_get_sink<quill::FileSink>(file),
                quill::PatternFormatterOptions{
                    R"j({{"@timestamp":"%(time)Z","log.level":"%(log_level)",)j"
                    R"j("message":"order placed","ecs.version":"8.11.0",)j"
                    R"j("log.logger":"%(logger)","service.name":"checkout",%(message)}})j",
                    "%Y-%m-%dT%H:%M:%S.%Qus", quill::Timezone::GmtTime});
          },
          [](const Event& event) {
            LOG_INFO(log,
                     "\"order_id\":\"{}\",\"provider\":\"{}\",\"total\":{},\"items\":{},"
                     "\"user_id\":{},\"vip\":{}",
                     event.order_id, event.provider, event.total, event.items, event.user_id,
                     event.is_vip);
          },
          [] { log->flush_log(); }};
}
#endif

}  // namespace

std::vector<Rival> rivals() {
  std::vector<Rival> all = {sawlog_rival(), spdlog_rival()};
#if defined(SAWLOG_HAS_QUILL)
  all.push_back(quill_rival());
#endif
  return all;
}

}  // namespace sawlog::benchmarks
