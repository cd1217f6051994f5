#include "parsers/expression.h"

#include <gtest/gtest.h>

#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

void check(const std::string& text, std::string_view line, bool want) {
  std::vector<std::string> fields = {"trace_id"};
  const auto expression = Expression::compile(text, fields);
  ASSERT_TRUE(expression) << expression.error().message;
  TextChunk chunk(line);
  RecordReader reader(fields, Purpose::kFields);
  reader.start(chunk.chunk);
  EXPECT_EQ(expression->matches(*reader.next()), want) << text << "  " << line;
}

void check_wrong(const std::string& text, const std::string& want) {
  std::vector<std::string> fields;
  const auto expression = Expression::compile(text, fields);
  ASSERT_FALSE(expression) << text;
  EXPECT_EQ(expression.error().message, want) << text;
}

constexpr std::string_view kRequest =
    R"({"level":"WARNING","msg":"it's slow","http.route":"/orders","status":503,)"
    R"("duration_ms":750,"size_b":2048,"ratio":"0.25","retried":true,"ok":"true","none":null,)"
    R"("user":{"id":"u-7"},"tags":["a","b"],"weird name":1})";

TEST(Expression, compares_numbers_and_texts) {
  check("http.response.status_code == 503", kRequest, true);
  check("status == 503.0", kRequest, true);
  check("status == \"503\"", kRequest, true);
  check("status != 503", kRequest, false);
  check("status >= 500", kRequest, true);
  check("status > 503", kRequest, false);
  check("status <= 503", kRequest, true);
  check("status < 503", kRequest, false);
  check("ratio < 25.5%", kRequest, true);
  check("ratio == 0.25", kRequest, true);
  check("ratio > -1e3", kRequest, true);
  check("http.route == '/orders'", kRequest, true);
  check("http.route < \"/p\"", kRequest, true);
  check("http.route > 5", kRequest, false);
  check("http.route <= 5", kRequest, false);
  check("user.id == \"u-7\"", kRequest, true);
  check("`weird name` == 1", kRequest, true);
  check("message == 'it\\'s slow'", kRequest, true);
  check("tags == \"[\"", kRequest, false);
}

TEST(Expression, compares_levels_by_severity) {
  check("level == warn", kRequest, true);
  check("log.level >= warn", kRequest, true);
  check("level >= error", kRequest, false);
  check("level < FATAL", kRequest, true);
  check("level in [info, warn]", kRequest, true);
  check("level == \"warning\"", kRequest, true);
  check("level =~ \"^WARN\"", kRequest, true);
  check("level >= warn", R"({"level":50})", true);
  check("level == 30", R"({"level":"info"})", true);
  check("level == \"audit\"", R"({"level":"audit"})", true);
  check("level >= trace", R"({"level":"audit"})", false);
  check("level != info", R"({"a":1})", true);
}

TEST(Expression, units_are_those_of_the_field) {
  check("event.duration > 500ms", kRequest, true);
  check("event.duration == 0.75s", kRequest, true);
  check("duration_ms >= 0.75s", kRequest, true);
  check("duration_ms < 1m", kRequest, true);
  check("wait_us == 2ms", R"({"wait_us":2000})", true);
  check("wait_s == 2h", R"({"wait_s":7200})", true);
  check("size_b == 2KiB", kRequest, true);
  check("size_b < 1MB", kRequest, true);
}

TEST(Expression, what_is_absent_makes_conditions_false) {
  check("gone == 1", kRequest, false);
  check("gone < 1", kRequest, false);
  check("gone != 1", kRequest, true);
  check("gone contains \"x\"", kRequest, false);
  check("gone not contains \"x\"", kRequest, true);
  check("gone =~ \"\"", kRequest, false);
  check("gone !~ \"\"", kRequest, true);
  check("gone in [1]", kRequest, false);
  check("gone not in [1]", kRequest, true);
  check("gone", kRequest, false);
  check("exists gone", kRequest, false);
  check("exists none", kRequest, false);
  check("none != 1", kRequest, true);
  check("exists(status)", kRequest, true);
  check("exists user", kRequest, true);
  check("not exists user.name", kRequest, true);
}

TEST(Expression, other_conditions) {
  check("retried", kRequest, true);
  check("ok", kRequest, true);
  check("retried == true", kRequest, true);
  check("retried == false", kRequest, false);
  check("status", kRequest, false);
  check("status in [500, 502, 503]", kRequest, true);
  check("status not in [500, 502, 503]", kRequest, false);
  check("http.route in ['/orders', 'x', 5]", kRequest, true);
  check("message contains \"slow\"", kRequest, true);
  check("message not contains \"slow\"", kRequest, false);
  check("tags contains '\"b\"'", kRequest, true);
  check("http.route =~ \"^/ord\"", kRequest, true);
  check("http.route =~ '^\\/\\w+$'", kRequest, true);
  check("http.route !~ \"^/health\"", kRequest, true);
  check("message contains \"plain\"", "a plain line", true);
}

TEST(Expression, and_binds_more_than_or) {
  const std::string t = "retried";
  const std::string f = "gone";
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      for (const bool c : {false, true}) {
        const std::string x = a ? t : f;
        const std::string y = b ? t : f;
        const std::string z = c ? t : f;
        check(x + " or " + y + " and " + z, kRequest, a || (b && c));
        check(x + " and " + y + " or " + z, kRequest, (a && b) || c);
        check("(" + x + " or " + y + ") and " + z, kRequest, (a || b) && c);
        check("not " + x + " and " + y + " or not (" + z + " or not " + x + ")", kRequest,
              (!a && b) || !(c || !a));
        check(x + " and " + y + " and " + z, kRequest, a && b && c);
        check(x + " or " + y + " or " + z, kRequest, a || b || c);
      }
    }
  }
}

TEST(Expression, mistakes_have_a_column) {
  check_wrong("", "column 1: expected a field, found the end");
  check_wrong("level >= wrn2",
              "column 10: 'wrn2' is no level: trace, debug, info, warn, error or fatal");
  check_wrong("a == b", "column 6: a text stands in quotes: \"b\"");
  check_wrong("a = 1", "column 3: write '=='");
  check_wrong("a == 1 && b", "column 8: write 'and'");
  check_wrong("a == 1 || b", "column 8: write 'or'");
  check_wrong("!a", "column 1: write 'not'");
  check_wrong("a == 1 b", "column 8: expected 'and', 'or' or the end, found 'b'");
  check_wrong("(a == 1", "column 8: expected ')', found the end");
  check_wrong("a in 5", "column 6: expected '[', found '5'");
  check_wrong("a in [5", "column 8: expected ',' or ']', found the end");
  check_wrong("a in [5 6]", "column 9: expected ',' or ']', found '6'");
  check_wrong("a not 5", "column 7: expected 'in' or 'contains', found '5'");
  check_wrong("a contains 5", "column 12: expected a text in quotes, found '5'");
  check_wrong("a == \"x", "column 6: the closing \" is missing");
  check_wrong("a =~ \"(\"", "column 6: not a regular expression: missing ): (");
  check_wrong("a > 5 parsecs", "column 7: expected 'and', 'or' or the end, found 'parsecs'");
  check_wrong("a > 5parsecs",
              "column 6: 'parsecs' is no unit: ns us ms s m h d, B kB MB GB TB KiB MiB GiB TiB, %");
  check_wrong("latency > 5ms",
              "column 11: 'latency' does not say its unit (as event.duration, or by _s, _ms, _us, "
              "_ns at its end): write a plain number");
  check_wrong("a > 1e999", "column 5: the number is too large");
  check_wrong("a == ",
              "column 6: expected a text in quotes, a number, true or false, found the end");
  check_wrong("and", "column 1: expected a field, found 'and'");
  check_wrong("``", "column 1: a name is missing");
  check_wrong("a # b", "column 3: '#' means nothing here");
}

TEST(Expression, has_limits) {
  std::vector<std::string> fields;
  const std::string deep(Expression::kDepthMax, '(');
  EXPECT_FALSE(Expression::compile(deep + "a" + std::string(deep.size(), ')'), fields));
  const std::string fine(Expression::kDepthMax - 1, '(');
  EXPECT_TRUE(Expression::compile(fine + "a" + std::string(fine.size(), ')'), fields));
  EXPECT_FALSE(Expression::compile(std::string(Expression::kTextBytesMax + 1, 'a'), fields));
}

TEST(Expression, adds_the_fields_that_are_missing) {
  std::vector<std::string> fields = {"http.route"};
  ASSERT_TRUE(Expression::compile("level >= warn and http.route == 'x' or exists a.b", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{"http.route", "log.level", "a.b"}));
}

TEST(Operand, is_a_field_or_a_number) {
  EXPECT_EQ(parse_operand("http.route")->field, "http.route");
  EXPECT_EQ(parse_operand("level")->field, "log.level");
  EXPECT_EQ(parse_operand("`a b`")->field, "a b");
  EXPECT_EQ(parse_operand("1.5ms")->number, 1.5e6);
  EXPECT_EQ(parse_operand("1")->field, "");
  EXPECT_EQ(parse_operand("a b").error().message, "column 1: expected a field or a number");
  EXPECT_FALSE(parse_operand(""));
  EXPECT_FALSE(parse_operand("'x'"));
}

}  // namespace
}  // namespace sawlog::parsers
