#include "parsers/figure_condition.h"

#include <gtest/gtest.h>

namespace sawlog::parsers {
namespace {

using Function = FigureSelection::Function;

FigureCondition compiled(const std::string& text) {
  auto condition = FigureCondition::compile(text);
  EXPECT_TRUE(condition) << text << ": " << condition.error().message;
  return std::move(*condition);
}

// values: of the selections, in the order of the text.
void check(const std::string& text, const std::vector<FigureValues>& values,
           const FigureValues& want) {
  EXPECT_EQ(compiled(text).evaluate(values), want) << text;
}

void check_wrong(const std::string& text, const std::string& want) {
  const auto condition = FigureCondition::compile(text);
  ASSERT_FALSE(condition) << text;
  EXPECT_EQ(condition.error().message, want) << text;
}

FigureValues number(double value) {
  return {{FigureLabels(), value}};
}
FigureLabels on(const std::string& mount) {
  return {{"mountpoint", mount}};
}

TEST(FigureCondition, compares_numbers) {
  check("x > 5", {number(6)}, number(6));
  check("x > 5", {number(5)}, {});
  check("x >= 5", {number(5)}, number(5));
  check("x < 5", {number(4)}, number(4));
  check("x <= 5", {number(5)}, number(5));
  check("x == 5", {number(5)}, number(5));
  check("x != 5", {number(5)}, {});
  check("x > 5", {{}}, {});
  check("x != 5", {{}}, {});
}

TEST(FigureCondition, calculates) {
  check("a + b * c > 6", {number(1), number(2), number(3)}, number(7));
  check("(a + b) * c > 6", {number(1), number(2), number(3)}, number(9));
  check("a - b - c == -4", {number(1), number(2), number(3)}, number(-4));
  check("a-b == 1", {number(3), number(2)}, number(1));
  check("a -1 == 2", {number(3)}, number(2));
  check("-a == -3", {number(3)}, number(-3));
  check("a / b == 1", {number(0), number(0)}, {});
  check("a / b >= 0", {number(1), number(0)}, {});
}

TEST(FigureCondition, meets_where_labels_are_equal) {
  const FigureValues free = {{on("/"), 10}, {on("/home"), 90}};
  const FigureValues size = {{on("/"), 100}, {on("/home"), 100}, {on("/srv"), 100}};
  check("free / size < 0.5", {free, size}, {{on("/"), 0.1}});
  check("free > limit", {free, number(50)}, {{on("/home"), 90}});
  check("limit < free", {number(50), free}, {{on("/home"), 50}});
  check("free < 50 and size > 50", {free, size}, {{on("/"), 10}});
  check("free < 50 or size > 50", {free, size},
        {{on("/"), 10}, {on("/home"), 100}, {on("/srv"), 100}});
  check("free < 50 and x > 1", {free, number(2)}, {{on("/"), 10}});
}

TEST(FigureCondition, makes_one_number_of_many) {
  const FigureValues free = {{on("/"), 10}, {on("/home"), 90}};
  check("sum(free) == 100", {free}, number(100));
  check("min(free) == 10", {free}, number(10));
  check("max(free) == 90", {free}, number(90));
  check("avg(free) == 50", {free}, number(50));
  check("max(free) > 1 by (mountpoint)", {free}, free);
  EXPECT_TRUE(compiled("max(free) > 1").selections()[0].keeps_series);
  EXPECT_FALSE(compiled("free > 1").selections()[0].keeps_series);
}

TEST(FigureCondition, finds_what_is_absent) {
  check("absent(x)", {{}}, number(1));
  check("absent(x)", {number(0)}, {});
  check("absent(x{a=\"b\"}) or y > 3", {number(1), number(4)}, number(4));
}

TEST(FigureCondition, units_are_those_of_prometheus) {
  check("p95(wait_seconds) > 500ms", {number(0.6)}, number(0.6));
  check("p95(wait_seconds) > 1s", {number(0.6)}, {});
  check("wait_seconds < 2h", {number(7'199)}, number(7'199));
  check("free_bytes < 1KiB", {number(1'000)}, number(1'000));
  check("a / b > 5%", {number(6), number(100)}, number(0.06));
}

void check_selection(const std::string& text, const std::string& metric, Function function,
                     int64_t window_s, double quantile = 0) {
  const FigureCondition condition = compiled(text);
  const FigureSelection& selection = condition.selections()[0];
  EXPECT_EQ(selection.metric, metric) << text;
  EXPECT_EQ(selection.function, function) << text;
  EXPECT_EQ(selection.window_ns, window_s * 1'000'000'000) << text;
  EXPECT_NEAR(selection.quantile, quantile, 1e-12) << text;
}

TEST(FigureCondition, windows) {
  check_selection("rate(a_total[5m]) > 1", "a_total", Function::kRate, 300);
  check_selection("increase(a_total{b=\"c\"}[1h]) > 1", "a_total", Function::kIncrease, 3600);
  check_selection("delta(a[90s]) > 1", "a", Function::kDelta, 90);
  check_selection("p95(a) > 1", "a", Function::kQuantile, 300, 0.95);
  check_selection("p999(a[1m]) > 1", "a", Function::kQuantile, 60, 0.999);
  check_selection("sum(rate(a_total[5m])) > 1", "a_total", Function::kRate, 300);
  check_selection("histogram_quantile(0.95, rate(a_seconds_bucket[5m])) > 1", "a_seconds",
                  Function::kQuantile, 300, 0.95);
}

// The monitoring guides, to the letter.
TEST(FigureCondition, what_the_guides_write) {
  for (const char* text :
       {"cpu_usage > 90", "error_rate > 5", "p95(http_request_duration_seconds) > 1s",
        "rate(http_requests_total{status_code=~\"5..\"}[5m]) / rate(http_requests_total[5m]) > 0.1",
        "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 1",
        "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / "
        "node_memory_MemTotal_bytes > 0.9",
        "(node_filesystem_avail_bytes / node_filesystem_size_bytes) < 0.1",
        "rate(tool_executions_total{status=\"error\"}[5m]) > 0.1",
        "rate(http_requests_total{status=~\"5..\"}[5m]) > 0.05"}) {
    (void)compiled(text);
  }
}

TEST(FigureCondition, selects_series) {
  using Views = std::vector<std::pair<std::string_view, std::string_view>>;
  const auto selects = [](const std::string& matchers, const Views& labels) {
    return compiled("x{" + matchers + "} > 1").selections()[0].selects(labels);
  };
  const Views labels = {{"method", "GET"}, {"status_code", "503"}};
  EXPECT_TRUE(selects("", labels));
  EXPECT_TRUE(selects("method=\"GET\", status_code=\"503\"", labels));
  EXPECT_FALSE(selects("method=\"POST\"", labels));
  EXPECT_TRUE(selects("method!=\"POST\"", labels));
  EXPECT_TRUE(selects("status_code=~'5..'", labels));
  EXPECT_FALSE(selects("status_code=~'5.'", labels));
  EXPECT_FALSE(selects("status_code!~'5..'", labels));
  EXPECT_TRUE(selects("status=~'5..'", labels));
  EXPECT_FALSE(selects("status=~'5..'", {{"status", "ok"}, {"status_code", "503"}}));
  EXPECT_TRUE(selects("other=\"\"", labels));
}

TEST(FigureCondition, groups) {
  const FigureCondition condition = compiled("x > 1 by (tool_name, agent)");
  EXPECT_EQ(std::vector(condition.by().begin(), condition.by().end()),
            (std::vector<std::string>{"agent", "tool_name"}));
  EXPECT_EQ(compiled("x > 1 by a").by().size(), 1);
}

TEST(FigureCondition, mistakes_have_a_column) {
  check_wrong("", "column 1: expected a number or a metric, found the end");
  check_wrong("error_rate", "column 1: a comparison is missing: is this too much, or too little?");
  check_wrong("error_rate > ", "column 14: expected a number or a metric, found the end");
  check_wrong("error_rate > 5%", "column 12: this figure is in percent already: leave out the %");
  check_wrong("requests > 1s", "column 10: a time beside a metric whose name does not say seconds");
  check_wrong("requests > 1KiB", "column 10: a size beside a metric whose name does not say bytes");
  check_wrong("rate(x) > 1", "column 7: expected '[', found ')'");
  check_wrong("rate(x[5]) > 1", "column 8: expected a time from 1s to 1d, found '5'");
  check_wrong("rate(x[2d]) > 1", "column 8: expected a time from 1s to 1d, found '2d'");
  check_wrong("speed(x) > 1",
              "column 1: 'speed' is no function: rate, increase, delta, p50 … p99, sum, min, max, "
              "avg, absent");
  check_wrong("x{a=5} > 1", "column 5: expected a text in quotes, found '5'");
  check_wrong("x{a} > 1", "column 4: expected = != =~ or !~, found '}'");
  check_wrong("x{a=~\"(\"} > 1", "column 6: is no regular expression: missing ): (");
  check_wrong("x > 1 && y > 2", "column 7: write 'and'");
  check_wrong("x > 1 and y", "column 11: a comparison is missing");
  check_wrong("x > 1 > 2", "column 7: expected 'and', 'or', 'by' or the end, found '>'");
  check_wrong("(x > 1) + 2 > 3", "column 9: a comparison is no number");
  check_wrong("x > (y > 2)", "column 5: a number is wanted here");
  check_wrong("x > 1 by", "column 9: expected a label, found the end");
  check_wrong("x.y > 1", "column 2: '.' means nothing here");
  check_wrong(std::string(200, '('), "column 65: nested too deeply");
}

TEST(FigureCondition, any_bytes_are_no_crash) {
  const std::string text =
      "(p95(a{b=~\"c\"}[5m]) - sum(d) * 5% > 1 or absent(e)) and -f < 2 by (g)";
  (void)compiled("p95(a{b=~\"c\"}[5m]) - sum(d) * 5 > 1 or absent(e) and -f < 2 by (g)");
  for (size_t size = 0; size <= text.size(); ++size) {
    (void)FigureCondition::compile(text.substr(0, size));
    std::string damaged = text;
    if (size < text.size()) damaged[size] = "\0\x80{[(\"*!"[size % 8];
    (void)FigureCondition::compile(damaged);
  }
}

}  // namespace
}  // namespace sawlog::parsers
