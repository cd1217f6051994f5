// Lines as the well-known loggers write them by their documentation, and what becomes of them.
#include <string>

#include <gtest/gtest.h>

#include "parsers/line_writer.h"
#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

struct Want {
  std::string shipped;
  int64_t time_unix_ns = 0;
  Level level = Level::kUnknown;
  std::string message;
  std::string logger = {};
  std::string error_message = {};
  std::string stack_trace = {};
};

void check(const std::string& line, const Want& want) {
  test::TextChunk text(line);
  text.source.enrich = false;
  RecordReader reader({"message", "log.logger", "error.message", "error.stack_trace"},
                      Purpose::kShipping);
  LineWriter writer({});
  reader.start(text.chunk);
  const Record* record = reader.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->own_time_unix_ns().value_or(0), want.time_unix_ns);
  EXPECT_EQ(record->level(), want.level);
  EXPECT_EQ((*record)[0].text, want.message);
  EXPECT_EQ((*record)[1].text, want.logger);
  EXPECT_EQ((*record)[2].text, want.error_message);
  EXPECT_EQ((*record)[3].text, want.stack_trace);
  std::string shipped;
  writer.append(text.chunk, *record, shipped);
  EXPECT_EQ(shipped, want.shipped);
}

constexpr int64_t kTime = 1'795'244'815'000'000'000;  // 2026-11-21T07:06:55Z

// add_logger_name, add_log_level, TimeStamper(fmt="iso"), format_exc_info, JSONRenderer.
TEST(LoggerShapes, structlog) {
  check(R"({"user_id": 7, "event": "user_login", "logger": "app.auth", "level": "info", )"
        R"("timestamp": "2026-11-21T07:06:55.123456Z"})",
        {R"({"user_id": 7, "message": "user_login", "logger": "app.auth", "log.level": "info", )"
         R"("@timestamp": "2026-11-21T07:06:55.123456Z"})",
         kTime + 123'456'000, Level::kInfo, "user_login", "app.auth"});
  check(R"({"event": "failed", "logger": "app", "level": "error", "timestamp": )"
        R"("2026-11-21T07:06:55Z", "exception": "Traceback (most recent call last):\n  File"})",
        {R"({"message": "failed", "logger": "app", "log.level": "error", "@timestamp": )"
         R"("2026-11-21T07:06:55Z", "exception": "Traceback (most recent call last):\n  File"})",
         kTime, Level::kError, "failed", "app", "", "Traceback (most recent call last):\n  File"});
}

// zap.NewProduction(): epoch seconds; error is a string.
TEST(LoggerShapes, zap) {
  check(R"({"level":"error","ts":1795244815.25,"logger":"db","caller":"db/conn.go:42",)"
        R"("msg":"failed to fetch URL","attempt":3,"backoff":1,"error":"timeout"})",
        {R"({"log.level":"error","@timestamp":"2026-11-21T07:06:55.250000Z","logger":"db",)"
         R"("caller":"db/conn.go:42","message":"failed to fetch URL","attempt":3,"backoff":1,)"
         R"("error.message":"timeout"})",
         kTime + 250'000'000, Level::kError, "failed to fetch URL", "db", "timeout"});
}

// Numbers for levels, epoch milliseconds, err is an object.
TEST(LoggerShapes, pino) {
  check(R"({"level":50,"time":1795244815123,"pid":94473,"hostname":"web-1","name":"shop",)"
        R"("err":{"type":"Error","message":"kaboom","stack":"Error: kaboom\n    at x"},"msg":"m"})",
        {R"({"log.level":"error","@timestamp":"2026-11-21T07:06:55.123000Z","pid":94473,)"
         R"("hostname":"web-1","name":"shop","err":{"type":"Error","message":"kaboom",)"
         R"("stack":"Error: kaboom\n    at x"},"message":"m"})",
         kTime + 123'000'000, Level::kError, "m", "shop", "kaboom", "Error: kaboom\n    at x"});
}

// JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s").
TEST(LoggerShapes, python_json_logger) {
  check(R"({"asctime": "2026-11-21 07:06:55,123", "levelname": "WARNING", "name": "root", )"
        R"("message": "disk is filling", "exc_info": "Traceback\n"})",
        {R"({"@timestamp": "2026-11-21T07:06:55.123000Z", "log.level": "warn", "name": "root", )"
         R"("message": "disk is filling", "exc_info": "Traceback\n"})",
         kTime + 123'000'000, Level::kWarn, "disk is filling", "root", "", "Traceback\n"});
}

// The ECS loggers and our own library write what is shipped.
TEST(LoggerShapes, ecs) {
  const std::string line =
      R"({"@timestamp":"2026-11-21T07:06:55.000Z","log.level":"fatal","message":"m",)"
      R"("ecs.version":"8.11.0","log":{"logger":"a.b"},"error":{"message":"e","stack_trace":"s"}})";
  check(line, {line, kTime, Level::kFatal, "m", "a.b", "e", "s"});
  const std::string upper = R"({"@timestamp":"2026-11-21T07:06:55.000Z","log.level": "INFO"})";
  check(upper, {R"({"@timestamp":"2026-11-21T07:06:55.000Z","log.level": "info"})", kTime,
                Level::kInfo, ""});
}

// logrus, zerolog and slog differ from zap by the names of the time and their zone.
TEST(LoggerShapes, other_loggers_of_go) {
  check(R"({"animal":"walrus","level":"warning","msg":"m","time":"2026-11-21T08:06:55+01:00"})",
        {R"({"animal":"walrus","log.level":"warn","message":"m",)"
         R"("@timestamp":"2026-11-21T07:06:55.000000Z"})",
         kTime, Level::kWarn, "m"});
  check(R"({"level":"info","time":1795244815,"message":"hello"})",
        {R"({"log.level":"info","@timestamp":"2026-11-21T07:06:55.000000Z","message":"hello"})",
         kTime, Level::kInfo, "hello"});
  check(R"({"time":"2026-11-21T07:06:55.123456789Z","level":"INFO","msg":"hello"})",
        {R"({"@timestamp":"2026-11-21T07:06:55.123456789Z","log.level":"info","message":"hello"})",
         kTime + 123'456'789, Level::kInfo, "hello"});
}

}  // namespace
}  // namespace sawlog::parsers
