#include "agent/log_view.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

class LogViewTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(filesystem.create_directories("/logs")); }

  void write(const std::string& path, const std::string& text) {
    const bool is_new = !filesystem.stat(path);
    auto file = filesystem.open(path, base::OpenMode::kAppend);
    ASSERT_TRUE((*file)->append(text));
    if (!is_new) return;
    const auto id = base::FileId{{uint8_t(files.size() + 1)}};
    files.push_back(std::make_shared<TailedFile>(id, &source, 1u << 20, path, 0));
  }

  // The messages, and "next" into query.after.
  std::vector<std::string> look() {
    simdjson::dom::parser parser;
    answer = view.json(files, query);
    const auto json = parser.parse(answer);
    std::vector<std::string> messages;
    for (const auto line : json["lines"].get_array()) {
      messages.emplace_back(line["message"].get_string().value());
    }
    query.after = json["next"].get_string().value();
    return messages;
  }

  static std::string line(int second, const std::string& message, const std::string& more = "") {
    return R"({"@timestamp":"2026-11-21T07:06:)" + std::to_string(10 + second) +
           R"(Z","message":")" + message + "\"" + more + "}\n";
  }

  using Texts = std::vector<std::string>;
  tests::FakeClock clock;
  tests::FakeFilesystem filesystem{clock};
  parsers::SourceContext source{"app", {}, {}, true};
  FileList files;
  LogView view{filesystem};
  LogQuery query;
  std::string answer;
};

TEST_F(LogViewTest, LinesOfAllFilesByTimeThenWhatComes) {
  write("/logs/a.log", line(1, "one") + line(3, "three"));
  write("/logs/b.log", line(2, "two"));
  EXPECT_EQ(look(), Texts({"one", "two", "three"}));
  EXPECT_EQ(look(), Texts());
  write("/logs/b.log", line(4, "four"));
  write("/logs/c.log", line(5, "five"));
  EXPECT_EQ(look(), Texts({"four", "five"}));
}

TEST_F(LogViewTest, ALineWithoutEndIsWaitedFor) {
  const std::string text = line(1, "one");
  write("/logs/a.log", text.substr(0, 20));
  EXPECT_EQ(look(), Texts());
  write("/logs/a.log", text.substr(20));
  EXPECT_EQ(look(), Texts({"one"}));
}

TEST_F(LogViewTest, Filters) {
  write("/logs/a.log", line(1, "one", R"(,"level":"info","service.name":"shop")") +
                           line(2, "Two", R"(,"level":"error","service.name":"shop")") +
                           line(3, "three", R"(,"level":"error","service":"chat")") +
                           line(4, "four", R"(,"level":"warn","trace_id":"abc")"));
  query.level_min = parsers::Level::kWarn;
  EXPECT_EQ(look(), Texts({"Two", "three", "four"}));
  query = {.service = "shop"};
  EXPECT_EQ(look(), Texts({"one", "Two"}));
  query = {.text = "tWO"};
  EXPECT_EQ(look(), Texts({"Two"}));
  query = {.trace = "abc"};
  EXPECT_EQ(look(), Texts({"four"}));
  query = {.lines_max = 2};
  EXPECT_EQ(look(), Texts({"three", "four"}));
}

TEST_F(LogViewTest, WhatIsMaskedForOutputsIsMaskedHere) {
  source.redact = {{.kind = parsers::RedactKind::kEmail}};
  write("/logs/a.log", line(1, "from ann@example.org"));
  (void)look();
  EXPECT_EQ(answer.find("ann@example.org"), std::string::npos) << answer;
  EXPECT_NE(answer.find("from "), std::string::npos) << answer;
}

TEST_F(LogViewTest, OfALargeFileTheEndIsRead) {
  std::string text;
  for (int i = 0; text.size() < LogView::kTailBytes + 5000; ++i) text += line(1, "old");
  write("/logs/a.log", text + line(2, "new"));
  query.lines_max = SIZE_MAX;
  auto messages = look();
  EXPECT_EQ(messages.back(), "new");
  EXPECT_LT(messages.size(), LogView::kTailBytes / line(1, "old").size() + 2);
  EXPECT_NE(answer.find("\"skipped_bytes\":0"), std::string::npos);
  write("/logs/a.log", text);
  messages = look();
  EXPECT_EQ(answer.find("\"skipped_bytes\":0"), std::string::npos) << "that is told";
  query = {.text = "NEW"};
  EXPECT_EQ(look(), Texts({"new"})) << "who seeks looks further back";
}

TEST_F(LogViewTest, AFileThatGotShorterIsReadFromItsBeginning) {
  write("/logs/a.log", line(1, "one") + line(2, "two"));
  (void)look();
  ASSERT_TRUE((*filesystem.open("/logs/a.log", base::OpenMode::kTruncate))->append(line(3, "x")));
  EXPECT_EQ(look(), Texts({"x"}));
}

TEST_F(LogViewTest, RotatedAndMissingFilesAreNotLookedAt) {
  write("/logs/a.log", line(1, "one"));
  write("/logs/b.log", line(2, "two"));
  files[0]->set_state(FileState::kRotated);
  ASSERT_TRUE(filesystem.remove("/logs/b.log"));
  EXPECT_EQ(look(), Texts());
}

TEST_F(LogViewTest, HostileLinesAndPositionsDoNoHarm) {
  write("/logs/a.log", "\x01\xff</script>\"\\\n{\"message\":{}}\n\n[1,2\n");
  query.after = ":,::,x:99999999999999999999,,";
  EXPECT_EQ(look().size(), 3);
}

}  // namespace
}  // namespace sawlog::agent
