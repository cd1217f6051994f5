// What a line looks like: its keys, their order, how each type of value is written.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <list>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

namespace shop {

struct Card {
  std::string number;
};
std::string log_value(const Card& card) {
  return "****" + card.number.substr(card.number.size() - 4);
}

struct Pin {};
sawlog::Secret log_value(const Pin& /*pin*/) {
  return {};
}

struct Point {
  int x, y;
};
sawlog::Object log_value(const Point& point) {
  return sawlog::object({{"x", point.x}, {"y", point.y}});
}

enum class Color : uint8_t { kRed, kBlue };

}  // namespace shop

namespace sawlog {
namespace {

using namespace std::chrono_literals;

class Line : public ::testing::Test {
 protected:
  Line() {
    start({.service = "shop",
           .file = logs_.path("log"),
           .level = Level::trace,
           .when_full = block,
           .source_location = false});
  }
  ~Line() override { stop(); }

  // The last line, without its time.
  std::string last_line() {
    EXPECT_TRUE(flush());
    const std::string line = logs_.lines("log").back();
    const std::string time = line.substr(0, line.find(R"(","log.level")"));
    EXPECT_EQ(time.size(), std::string(R"({"@timestamp":"2026-11-21T07:06:55.123456Z)").size());
    return line.substr(time.size() + 2);
  }
  // The fields of a record that has only these.
  std::string fields(Fields fields) {
    get("").info("m", fields);
    const std::string line = last_line();
    const std::string before =
        R"("log.level":"info","message":"m","ecs.version":"8.11.0","service.name":"shop")";
    EXPECT_TRUE(line.starts_with(before)) << line;
    return line.substr(std::min(line.size(), before.size()));
  }
  void check(Fields given, std::string_view want) { EXPECT_EQ(fields(given), want); }

  LogDirectory logs_;
};

TEST_F(Line, HasItsKeysInOrder) {
  get("shop.cart")
      .with({{"tenant", "t"}})
      .warn("low \"stock\"\n",
            {{"span_id", "s"}, {"left", 3}, {"trace_id", "t"}, {"event.name", "stock.low"}});
  EXPECT_EQ(last_line(),
            R"("log.level":"warn","message":"low \"stock\"\n","ecs.version":"8.11.0",)"
            R"("log.logger":"shop.cart","service.name":"shop","event.name":"stock.low",)"
            R"("trace_id":"t","span_id":"s","tenant":"t","left":3})");
}

TEST_F(Line, NamesEachLevel) {
  const std::vector<std::string> words = {"trace", "debug", "info", "warn", "error", "fatal"};
  for (size_t i = 0; i < words.size(); ++i) {
    get("").log(static_cast<Level>(i), "m");
    EXPECT_TRUE(last_line().starts_with(joined({R"("log.level":")", words[i], "\""})));
  }
}

TEST_F(Line, WritesEachType) {
  check({}, "}");
  check({{"n", 1}}, R"(,"n":1})");
  check({{"n", INT64_MIN}, {"u", UINT64_MAX}},
        R"(,"n":-9223372036854775808,"u":18446744073709551615})");
  check({{"d", 12.5}, {"w", 2.0}, {"f", 0.1F}}, R"(,"d":12.5,"w":2.0,"f":0.1})");
  check({{"t", true}, {"f", false}, {"n", nullptr}}, R"(,"t":true,"f":false,"n":null})");
  check({{"a", 'x'}, {"b", "lit"}, {"c", std::string("str")}, {"d", std::string_view("view")}},
        R"(,"a":"x","b":"lit","c":"str","d":"view"})");
  check({{"p", std::filesystem::path("/tmp/x")}}, R"(,"p":"/tmp/x"})");
  check({{"c", shop::Color::kBlue}}, R"(,"c":1})");
  check({{"some", std::optional<int>(4)}, {"none", std::optional<std::string>()}},
        R"(,"some":4,"none":null})");
  check({{"c", static_cast<const char*>(nullptr)}}, R"(,"c":null})");
}

TEST_F(Line, WritesTimesAndDurations) {
  const std::chrono::sys_time<std::chrono::microseconds> time(1'795'244'815'123'456us);
  check({{"at", time}}, R"(,"at":"2026-11-21T07:06:55.123456Z"})");
  check({{"took", 3ms}, {"long", 1h}, {"part", std::chrono::duration<double>(0.5)}},
        R"(,"took":3000000,"long":3600000000000,"part":500000000})");
}

TEST_F(Line, StaysJsonWhateverTheValues) {
  check({{"n", std::nan("")}, {"i", -std::numeric_limits<double>::infinity()}},
        R"(,"n":"NaN","i":"-Infinity"})");
  check({{"b", std::string("\x01\xff\"\0", 4)}}, ",\"b\":\"\\u0001\uFFFD\\\"\\u0000\"}");
}

TEST_F(Line, WritesRangesAsArrays) {
  const std::vector<std::string> tags = {"new", "\"q\""};
  check({{"tags", tags}, {"none", std::vector<int>()}}, R"(,"tags":["new","\"q\""],"none":[]})");
  const int numbers[] = {1, -2};
  check({{"c", numbers}, {"a", std::array{1.5, 2.0}}}, R"(,"c":[1,-2],"a":[1.5,2.0]})");
  check({{"b", std::vector<bool>{true, false}}, {"l", std::list<std::optional<int>>{7, {}}}},
        R"(,"b":[true,false],"l":[7,null]})");
  check({{"deep", std::vector<std::vector<int>>{{1, 2}, {}}}}, R"(,"deep":[[1,2],[]]})");
  check({{"cards", std::vector<shop::Card>{{"4111111111111111"}}}}, R"(,"cards":["****1111"]})");
  check({{"maybe", std::optional(std::vector<int>{3})}}, R"(,"maybe":[3]})");
}

TEST_F(Line, WritesMapsAsObjects) {
  check({{"m", std::map<std::string, int>{{"a", 1}, {"b\n", 2}, {"", 3}}}},
        R"(,"m":{"_":3,"a":1,"b\n":2}})");
  check({{"empty", std::map<std::string_view, int>()}}, R"(,"empty":{}})");
}

TEST_F(Line, WritesObjects) {
  check({{"order", object({{"id", 7},
                           {"message", "no name is reserved in here"},
                           {"lines", std::vector<Object>{object({{"sku", "A"}}), object({})}},
                           {"card", shop::Card{"4111111111111111"}},
                           {"pin", shop::Pin()}})}},
        R"(,"order":{"id":7,"message":"no name is reserved in here","lines":[{"sku":"A"},{}],)"
        R"("card":"****1111","pin":"[redacted]"}})");
  check({{"cause", object({error(std::out_of_range("no")), {"n", 1}})}},
        R"(,"cause":{"error.type":"std::out_of_range","error.message":"no","n":1}})");
  check({{"point", shop::Point{1, 2}}}, R"(,"point":{"x":1,"y":2}})");
  get("").with({{"o", object({{"a", 1}})}}).info("m", {{"o2", object({{"b", "x"}})}});
  EXPECT_TRUE(last_line().ends_with(R"("o":{"a":1},"o2":{"b":"x"}})"));
}

TEST_F(Line, LastOfTheSameKeyWinsInObjects) {
  check({{"o", object({{"a", 1}, {"b", 2}, {"a", 3}})}}, R"(,"o":{"b":2,"a":3}})");
  check({{"o", object({{std::string("\xff"), 1}, {std::string("\xfe"), 2}})}},
        ",\"o\":{\"\uFFFD\":2}}");
}

TEST_F(Line, CutsObjectsThatAreTooLargeOrTooDeep) {
  Object large;
  for (int i = 0; i < 100'000; ++i) large.add({std::to_string(i), i});
  const std::string line = fields({{"o", large}, {"next", 1}});
  EXPECT_TRUE(line.ends_with(R"(,"…":"…"},"next":1})")) << line.substr(line.size() - 60);
  Object deep;
  for (int i = 0; i < 40; ++i) {
    Object outer;
    outer.add({"d", deep});
    deep = outer;
  }
  EXPECT_NE(fields({{"o", deep}}).find(R"({"d":"…"})"), std::string::npos);
}

TEST_F(Line, RedactsByType) {
  check({{"pin", shop::Pin()}, {"word", secret("hunter2")}},
        R"(,"pin":"[redacted]","word":"[redacted]"})");
  check({{"card", shop::Card{"4111111111111111"}}, {"no", std::optional<shop::Card>()}},
        R"(,"card":"****1111","no":null})");
}

TEST_F(Line, LastOfTheSameKeyWins) {
  check({{"a", 1}, {"b", 2}, {"a", 3}}, R"(,"b":2,"a":3})");
  check({{"event.name", "x"}, {"event.name", "y"}}, R"(,"event.name":"y"})");
  check({{"a", 1}, {std::string("a"), 2}}, R"(,"a":2})");
  // Both become the same U+FFFD.
  check({{std::string("\xff"), 1}, {std::string("\xfe"), 2}}, ",\"\uFFFD\":2}");
}

TEST_F(Line, MovesItsOwnKeysOutOfTheWay) {
  check({{std::string("message"), 1}, {std::string("@timestamp"), 2}, {"level", 3}},
        R"(,"labels.message":1,"labels.@timestamp":2,"level":3})");
  check({{std::string("message"), 1}, {"labels.message", 2}}, R"(,"labels.message":2})");
  check({{std::string(), 1}, {std::string("q\"\n"), 2}}, R"(,"_":1,"q\"\n":2})");
  check({{std::string(300, 'k'), 1}}, joined({",\"", std::string(255, 'k'), "\":1}"}));
}

TEST_F(Line, SaysWhatAnExceptionSays) {
  check({error(std::out_of_range("no such item")), {"x", 1}},
        R"(,"error.type":"std::out_of_range","error.message":"no such item","x":1})");
  try {
    try {
      throw std::runtime_error("disk full");
    } catch (...) {
      std::throw_with_nested(std::logic_error("cannot save"));
    }
  } catch (const std::exception& outer) {
    check(
        {error(outer)},
        R"(,"error.type":"std::logic_error","error.message":"cannot save",)"
        R"("error.stack_trace":"std::logic_error: cannot save\ncaused by std::runtime_error: disk full"})");
  }
  check({error(std::make_error_code(std::errc::timed_out))},
        R"(,"error.type":"generic","error.message":"Connection timed out"})");
  check({error(std::make_exception_ptr(7))},
        R"(,"error.type":"unknown","error.message":"not a std::exception"})");
}

TEST_F(Line, CutsWhatIsTooLong) {
  const std::string line = fields({{"long", std::string(3U << 20, 'x')}, {"next", 1}});
  EXPECT_EQ(line, joined({",\"long\":\"", std::string(1U << 20, 'x'), "…\",\"next\":1}"}));
  get("").info(std::string(2U << 20, 'y'));
  EXPECT_NE(last_line().find("y…\","), std::string::npos);
}

TEST(Place, IsThatOfTheCall) {
  const LogDirectory logs;
  start({.service = "shop", .file = logs.path("log")});
  get("").info("here");
  const std::string want =
      joined({R"("log.origin.file.name":"line_test.cpp","log.origin.file.line":)",
              std::to_string(__LINE__ - 3), R"(,"log.origin.function":")"});
  stop();
  EXPECT_NE(logs.text("log").find(want), std::string::npos) << logs.text("log");
}

}  // namespace
}  // namespace sawlog
