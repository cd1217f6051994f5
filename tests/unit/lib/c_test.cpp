// The C interface.
#include <gtest/gtest.h>
#include <sawlog/c.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

class CInterface : public ::testing::Test {
 protected:
  CInterface() {
    const std::string file = logs_.path("log");
    sawlog_options options = SAWLOG_OPTIONS;
    options.service = "s";
    options.file = file.c_str();
    EXPECT_EQ(sawlog_start(&options), 1);
  }
  ~CInterface() override {
    sawlog_free_logger(log_);
    sawlog_stop();
  }
  std::string last_line() {
    EXPECT_EQ(sawlog_flush(), 1);
    const std::string line = logs_.lines("log").back();
    return line.substr(line.find(R"("log.level")"));
  }

  LogDirectory logs_;
  sawlog_logger* const log_ = sawlog_get("c");
};

TEST_F(CInterface, WritesEachType) {
  sawlog_field unsigned_field = {"u", nullptr, 0, {}, SAWLOG_TYPE_UINT};
  unsigned_field.value.unsigned_integer = UINT64_MAX;
  sawlog_field number = {"d", nullptr, 0, {}, SAWLOG_TYPE_DOUBLE};
  number.value.number = 12.5;
  const sawlog_field fields[] = {
      SAWLOG_TEXT("t", "x\"y"),
      {"part", "abcdef", 3, {}, SAWLOG_TYPE_TEXT},
      SAWLOG_TEXT("null", nullptr),
      SAWLOG_INT("i", -5),
      unsigned_field,
      number,
      SAWLOG_BOOL("b", true),
      {"at", nullptr, 0, {1'795'244'815'123'456'000}, SAWLOG_TYPE_TIME_NS},
      {"pin", "1234", 4, {}, SAWLOG_TYPE_SECRET},
      {"message", nullptr, 0, {}, SAWLOG_TYPE_NULL},
      {nullptr, nullptr, 0, {}, 99}};
  sawlog_log(log_, SAWLOG_LEVEL_WARN, "m", fields, std::size(fields), nullptr, 0, nullptr);
  EXPECT_EQ(last_line(),
            R"("log.level":"warn","message":"m","ecs.version":"8.11.0","log.logger":"c",)"
            R"("service.name":"s","t":"x\"y","part":"abc","null":null,"i":-5,)"
            R"("u":18446744073709551615,"d":12.5,"b":true,"at":"2026-11-21T07:06:55.123456Z",)"
            R"("pin":"[redacted]","labels.message":null,"_":null})");
}

TEST_F(CInterface, KnowsItsPlace) {
  const sawlog_field fields[] = {SAWLOG_INT("n", 1)};
  SAWLOG_INFO(log_, "m", fields);
  EXPECT_TRUE(last_line().ends_with(
      joined({R"("n":1,"log.origin.file.name":"c_test.cpp","log.origin.file.line":)",
              std::to_string(__LINE__ - 3), R"(,"log.origin.function":"TestBody"})"})));
}

TEST_F(CInterface, TakesManyFields) {
  std::vector<sawlog_field> fields(100, sawlog_field SAWLOG_INT("n", 1));
  fields.push_back(SAWLOG_INT("last", 2));
  sawlog_log(log_, SAWLOG_LEVEL_INFO, "m", fields.data(), fields.size(), "f.c", 7, "f");
  EXPECT_TRUE(last_line().ends_with(
      R"("n":1,"last":2,"log.origin.file.name":"f.c","log.origin.file.line":7,)"
      R"("log.origin.function":"f"})"));
}

TEST_F(CInterface, HasContextsScopesAndLevels) {
  const sawlog_field tenant[] = {SAWLOG_TEXT("tenant", "t")};
  const sawlog_field request[] = {SAWLOG_TEXT("request.id", "r")};
  sawlog_logger* const with = sawlog_with(log_, tenant, 1);
  sawlog_scope* const trace =
      sawlog_enter_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  sawlog_scope* const scope = sawlog_enter_scope(request, 1);
  sawlog_log(with, SAWLOG_LEVEL_INFO, "m", nullptr, 0, nullptr, 0, nullptr);
  EXPECT_TRUE(last_line().ends_with(
      R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",)"
      R"("trace_flags":"01","tenant":"t","request.id":"r"})"));
  sawlog_leave_scope(scope);
  sawlog_leave_scope(trace);
  sawlog_free_logger(with);
  sawlog_set_level("c", SAWLOG_LEVEL_ERROR);
  EXPECT_EQ(sawlog_is_enabled(log_, SAWLOG_LEVEL_WARN), 0);
  EXPECT_EQ(sawlog_is_enabled(log_, SAWLOG_LEVEL_ERROR), 1);
  sawlog_set_level("c", SAWLOG_LEVEL_INFO);
}

TEST_F(CInterface, BearsWhatIsWrong) {
  sawlog_log(nullptr, SAWLOG_LEVEL_INFO, "m", nullptr, 0, nullptr, 0, nullptr);
  sawlog_log(log_, SAWLOG_LEVEL_INFO, nullptr, nullptr, 3, nullptr, 0, nullptr);
  sawlog_log(log_, 42, "m", nullptr, 0, nullptr, 0, nullptr);
  sawlog_free_logger(nullptr);
  sawlog_leave_scope(nullptr);
  EXPECT_EQ(sawlog_with(nullptr, nullptr, 0), nullptr);
  sawlog_options of_another_version = SAWLOG_OPTIONS;
  of_another_version.struct_bytes = 8;
  EXPECT_EQ(sawlog_start(&of_another_version), 0);
  EXPECT_EQ(sawlog_start(nullptr), 0);
  sawlog_flush();
  EXPECT_EQ(logs_.lines("log").size(), 0U);
}

}  // namespace
}  // namespace sawlog
