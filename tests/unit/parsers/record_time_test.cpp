// The time and the level that RecordReader finds in a record.
#include <string>

#include <gtest/gtest.h>

#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

// "none" for no time of its own; "!" when there is a field for it that cannot be read.
void check_time(std::string_view line, const std::string& want) {
  TextChunk text(line);
  RecordReader reader({}, Purpose::kFields);
  reader.start(text.chunk);
  const Record* record = reader.next();
  std::string got =
      record->own_time_unix_ns() ? std::to_string(*record->own_time_unix_ns()) : "none";
  if (record->time_is_unreadable()) got.push_back('!');
  EXPECT_EQ(got, want) << line;
  EXPECT_EQ(record->time_unix_ns(),
            record->own_time_unix_ns().value_or(text.chunk.first_read_unix_ns));
}

TEST(RecordTime, times) {
  check_time(R"({"@timestamp":"2026-11-21T07:06:55.5Z"})", "1795244815500000000");
  check_time(R"({"timestamp":"2026-11-21T07:06:55.5Z"})", "1795244815500000000");
  check_time(R"({"asctime":"2026-11-21 07:06:55,123"})", "1795244815123000000");
  check_time(R"({"time":1795244815123})", "1795244815123000000");
  check_time(R"({"ts":1795244815.25})", "1795244815250000000");
  check_time(R"({"ts":"1795244815"})", "1795244815000000000");
  check_time(R"({"time":0.004,"ts":1795244815})", "1795244815000000000");
  check_time(R"({"ts":1795244815,"time":0.004})", "1795244815000000000");
  check_time(R"({"@timestamp":"soon","time":1795244815})", "1795244815000000000");
  check_time(R"({"@timestamp":1795244815,"time":1695244815})", "1795244815000000000");
  check_time(R"({"@timestamp":"0001-01-01T00:00:00Z"})", "none!");
  check_time(R"({"time":true})", "none!");
  check_time(R"({"time":null})", "none");
  check_time(R"({"time":{"s":1}})", "none");
  check_time(R"({})", "none");
  check_time("text", "none");
}

void check_level(std::string_view value, Level want) {
  TextChunk text("{\"level\":" + std::string(value) + "}");
  RecordReader reader({}, Purpose::kFields);
  reader.start(text.chunk);
  EXPECT_EQ(reader.next()->level(), want) << value;
}

TEST(RecordTime, levels) {
  for (const char* word : {"\"trace\"", "\"TRACE\"", "\"Verbose\"", "10", "\"finest\""})
    check_level(word, Level::kTrace);
  for (const char* word : {"\"debug\"", "\"DEBUG\"", "\"dbg\"", "7", "20", "\"20\"", "\"D\""})
    check_level(word, Level::kDebug);
  for (const char* word : {"\"info\"", "\"Information\"", "\"informational\"", "\"notice\"", "5",
                           "6", "30", "35", "\"I\""})
    check_level(word, Level::kInfo);
  for (const char* word : {"\"warn\"", "\"WARNING\"", "4", "40", "40.0"})
    check_level(word, Level::kWarn);
  for (const char* word : {"\"error\"", "\"Err\"", "\"SEVERE\"", "3", "50", "\"E\""})
    check_level(word, Level::kError);
  for (const char* word : {"\"fatal\"", "\"CRITICAL\"", "\"panic\"", "\"dpanic\"", "\"alert\"",
                           "\"emerg\"", "\"Emergency\"", "0", "1", "2", "60"})
    check_level(word, Level::kFatal);
  for (const char* word :
       {"\"\"", "\"loud\"", "8", "9", "61", "-1", "1.5", "true", "null", "\"1.5s\"", "\"0x\"",
        "\"\\u0030x\"", "{}", "[]", "1e300", "\"warningg\"", "\"abcdefghijkl\""})
    check_level(word, Level::kUnknown);
}

}  // namespace
}  // namespace sawlog::parsers
