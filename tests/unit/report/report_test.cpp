#include "agent/report/report.h"

#include <gtest/gtest.h>

#include "agent/report/report_html.h"
#include "agent/report/report_json.h"
#include "agent/report/report_text.h"
#include "lib/base/json_encode.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/golden.h"
#include "tests/support/text_chunk.h"

namespace sawlog::agent {
namespace {

constexpr int64_t kBeginUnixS = 1'795'244'400;  // 2026-11-21T07:00:00Z

// A line of JSON at a second of the sample.
std::string line(int second, const std::string& level, const std::string& fields) {
  std::string text = R"({"@timestamp":")";
  base::append_rfc3339(text, (kBeginUnixS + second) * 1'000'000'000);
  return text + R"(","log.level":")" + level + "\"," + fields + "}\n";
}

std::string request(int second, const std::string& route, int status, int ms) {
  return line(second, status >= 500 ? "error" : "info",
              R"("message":"answered","method":"GET","path":")" + route + R"(","status":)" +
                  std::to_string(status) + R"(,"duration_ms":)" + std::to_string(ms) +
                  R"(,"trace_id":"t)" + std::to_string(second) + "\"");
}

// Twenty minutes of a service: in the later half /slow becomes slower and a new error appears.
std::string sample() {
  std::string text;
  for (int second = 0; second < 1200; second += 6) {
    const bool is_later = second >= 600;
    text += request(second, "/orders/" + std::to_string(second), 200, 10 + second % 7);
    text += request(second, "/slow", second % 60 == 0 ? 503 : 200, is_later ? 400 : 100);
    text += line(second, "info",
                 R"("event.name":"llm.request","model":"small","operation":"chat",)"
                 R"("input_tokens":100,"output_tokens":20,"cost_usd":0.25,"duration_s":1.5)");
    text +=
        line(second, "info",
             R"("event.name":"tool.execution","tool":"search","status":")" +
                 std::string(second % 120 == 0 ? "error" : "success") + R"(","duration_s":0.2)");
    text += line(second, "info",
                 R"("event.name":"cache.operation","cache_type":"redis","result":")" +
                     std::string(second % 12 == 0 ? "hit" : "miss") + "\"");
  }
  text += line(900, "error",
               R"("message":"<script>alert(1)</script> for user 17","error.type":"ValueError",)"
               R"("service":"shop","logger":"shop.cart")");
  text += "Traceback (most recent call last):\n";
  return text;
}

Report report_on(std::string_view text, uint8_t profiles = 0) {
  auto tally = Tally::create(profiles);
  EXPECT_TRUE(tally);
  const test::TextChunk chunk(text);
  tally->add(chunk.chunk);
  Report report = report_of(*tally);
  report.file_count = 1;
  report.size_bytes = text.size();
  return report;
}

TEST(Report, as_text) {
  const std::string text = report_text(report_on(sample()));
  EXPECT_EQ(text, tests::golden("report/report.txt", text));
}

TEST(Report, as_json) {
  const std::string json = report_json(report_on(sample()));
  EXPECT_EQ(json, tests::golden("report/report.json", json));
}

TEST(Report, as_html) {
  const std::string html = report_html(report_on(sample()));
  EXPECT_EQ(html, tests::golden("report/report.html", html));
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);  // what was logged stays text
  EXPECT_NE(html.find("&lt;script&gt;alert"), std::string::npos);
}

TEST(Report, nothing_to_tell) {
  const Report report = report_on("");
  EXPECT_EQ(report_text(report), "1 file, 0 B, 0 lines\n");
  EXPECT_NE(report_json(report).find("\"lines\":0"), std::string::npos);
  EXPECT_NE(report_html(report).find("0 lines"), std::string::npos);
}

TEST(Report, the_later_half_is_compared_with_the_earlier) {
  const Report report = report_on(sample());
  ASSERT_EQ(report.changes.size(), 1);
  EXPECT_EQ(report.changes[0].name, "GET /slow");
  EXPECT_EQ(report.changes[0].what, ReportChange::What::kDuration);
  EXPECT_NEAR(report.changes[0].before, 100e6, 10e6);
  EXPECT_NEAR(report.changes[0].after, 400e6, 20e6);
  EXPECT_TRUE(std::ranges::any_of(report.errors, [](const ReportError& error) {
    return error.key.type == "ValueError" && error.is_new;
  }));
}

TEST(Report, a_profile_narrows_it) {
  const Report report = report_on(sample(), kProfileAgents);
  std::vector<std::string_view> names;
  for (const ReportSection& section : report.sections) names.push_back(section.kind->name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"tools", "models"}));
  EXPECT_EQ(profile_named("agent"), 0);
}

TEST(Report, more_groups_than_the_limit_are_counted_together) {
  std::string text;
  for (size_t i = 0; i < kGroupsMax + 50; ++i) {
    text += R"({"event.name":"tool.execution","tool":"tool_)" + std::string(i / 1000 + 1, 'x') +
            std::to_string(i) + "\"}\n";
  }
  const Report report = report_on(text);
  ASSERT_EQ(report.sections.size(), 1);
  EXPECT_EQ(report.sections[0].rows.size(), kGroupsMax + 1);
  EXPECT_EQ(report.sections[0].rows[0].name, kOtherName);
  EXPECT_EQ(report.sections[0].rows[0].count, 50);
}

TEST(Report, several_threads_count_what_one_counts) {
  const tests::FakeClock clock;
  tests::FakeFilesystem filesystem(clock);
  std::string content;
  while (content.size() < 3 * kPieceBytes) content += sample();
  filesystem.write_file("/log", content);
  const LogInput input = find_log_input(filesystem, {"/log"});
  ASSERT_GT(input.pieces.size(), 2);
  std::atomic<uint64_t> read_bytes{0};
  std::vector<std::string> reports;
  for (const size_t thread_count : {1, 3}) {
    const auto report = make_report(filesystem, input, {.thread_count = thread_count}, read_bytes);
    ASSERT_TRUE(report);
    reports.push_back(report_json(*report));
  }
  EXPECT_EQ(reports[0], reports[1]);
  EXPECT_EQ(read_bytes, 2 * content.size());
}

}  // namespace
}  // namespace sawlog::agent
