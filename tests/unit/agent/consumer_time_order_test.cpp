// A consumer whose output wants the lines of several files in the order of time.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/consumer.h"
#include "lib/base/json_encode.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_output.h"

namespace sawlog::agent {
namespace {

constexpr int64_t kStart = 1'795'244'400;  // 2026-11-21T07:00:00Z
constexpr int64_t kMinute = 60;
constexpr int64_t kSlackSeconds = 10 * kMinute;

class ConsumerTimeOrderTest : public testing::Test {
 protected:
  void SetUp() override {
    disk.make_directory("/logs");
    disk.make_directory("/state");
    start();
  }

  // As after a kill -9: new objects on the same disk.
  void start() {
    consumer.reset();
    auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "loki");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    auto made = std::make_unique<outputs::FakeOutput>(destination);
    made->by_time = true;
    output = made.get();
    auto opened = Consumer::open({"loki", 0, {}, [](const char*, const std::string&) {}}, table,
                                 std::move(*checkpoint), std::move(made), clock);
    ASSERT_TRUE(opened) << opened.error().message;
    consumer = std::move(*opened);
  }

  static std::string line_at(int64_t seconds) {
    std::string line = "{\"@timestamp\":\"";
    base::append_rfc3339(line, (kStart + seconds) * base::kNsPerSecond);
    return line + "\"}\n";
  }
  // A file with a line every so many seconds, from the first to before the last.
  void write(const std::string& name, int64_t first, int64_t last, int64_t every) {
    std::string text;
    for (int64_t at = first; at < last; at += every) text += line_at(at);
    disk.append_to("/logs/" + name, text);
    written += static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    publish(name);
  }
  void publish(const std::string& name) {
    const std::string path = "/logs/" + name;
    if (!files.contains(name)) {
      base::FileId id;
      id.bytes[0] = static_cast<uint8_t>(files.size() + 1);
      auto file = std::make_shared<TailedFile>(id, &source, 1u << 20, path, 1);
      auto content = std::make_shared<Content>();
      content->file = std::shared_ptr<base::File>(*disk.open(path, base::OpenMode::kRead));
      content->path = path;
      file->set_content(content);
      files[name] = file;
    }
    files[name]->set_size_bytes(disk.content(path).size());
    FileList list;
    for (const auto& [_, file] : files) list.push_back(file);
    table.publish(list);
  }

  void run_to_the_end() {
    for (int step = 0; step < 10'000 && destination.entries.size() < written; ++step) {
      consumer->step();
    }
    EXPECT_EQ(destination.entries.size(), written);
  }

  // How far the worst line is behind the newest before it.
  [[nodiscard]] int64_t furthest_behind_seconds() const {
    int64_t newest = INT64_MIN, furthest = 0;
    for (const auto& entry : destination.entries) {
      const int64_t at = seconds_of(entry.line);
      newest = std::max(newest, at);
      furthest = std::max(furthest, newest - at);
    }
    return furthest;
  }
  static int64_t seconds_of(const std::string& line) {
    const std::string time = line.substr(15, 19);
    std::tm date{};
    EXPECT_NE(strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &date), nullptr) << line;
    return timegm(&date) - kStart;
  }

  using FileList = std::vector<std::shared_ptr<TailedFile>>;
  tests::FakeClock clock;
  tests::FakeFilesystem disk{clock};
  parsers::SourceContext source{"app", {}, {}, true};
  FileTable table;
  std::map<std::string, std::shared_ptr<TailedFile>> files;
  outputs::FakeDestination destination;
  outputs::FakeOutput* output = nullptr;
  size_t written = 0;
  std::unique_ptr<Consumer> consumer;
};

// Each file is one chunk, which spans more than a destination takes.
TEST_F(ConsumerTimeOrderTest, QuietFilesAreMerged) {
  write("a.log", 0, 48 * 60 * kMinute, 7 * kMinute);
  write("b.log", 3 * kMinute, 48 * 60 * kMinute, 11 * kMinute);
  write("c.log", 20 * 60 * kMinute, 21 * 60 * kMinute, kMinute);
  run_to_the_end();
  EXPECT_LE(furthest_behind_seconds(), kSlackSeconds);
}

TEST_F(ConsumerTimeOrderTest, RotatedFilesAreReadFromTheOldest) {
  write("app.log", 6000, 9000, 1);
  write("app.log.1", 3000, 6000, 1);
  write("app.log.2", 0, 3000, 1);
  run_to_the_end();
  EXPECT_LE(furthest_behind_seconds(), kSlackSeconds);
}

TEST_F(ConsumerTimeOrderTest, BusyFilesGiveLargeChunks) {
  write("a.log", 0, 20'000, 1);
  write("b.log", 0, 20'000, 1);
  run_to_the_end();
  EXPECT_LE(furthest_behind_seconds(), kSlackSeconds);
  EXPECT_LT(output->chunk_times_unix_ns.size(), 200) << "of hundreds of lines each";
}

TEST_F(ConsumerTimeOrderTest, AFileThatComesLaterIsMergedIntoWhatIsLeft) {
  output->answer = [] { return outputs::FakeAnswer::kHold; };
  write("a.log", 0, 50'000, 1);
  consumer->step();
  const size_t given_before = output->chunk_times_unix_ns.size();
  ASSERT_GT(given_before, 0);
  write("b.log", 30'000, 50'000, 1);
  output->answer = [] { return outputs::FakeAnswer::kAccept; };
  run_to_the_end();
  EXPECT_LE(furthest_behind_seconds(), kSlackSeconds);
}

TEST_F(ConsumerTimeOrderTest, EachLineOnceAndInOrderOverAKill) {
  write("a.log", 0, 9000, 90);
  write("b.log", 0, 9000, 130);
  int answers = 0;
  output->answer = [&] {
    return ++answers < 5 ? outputs::FakeAnswer::kAccept : outputs::FakeAnswer::kHold;
  };
  for (int step = 0; step < 20; ++step) consumer->step();
  const size_t before = destination.entries.size();
  ASSERT_GT(before, 0);
  ASSERT_LT(before, written);
  start();
  run_to_the_end();
  EXPECT_LE(furthest_behind_seconds(), kSlackSeconds);
}

// Nothing is merged that has no time: such lines are from now.
TEST_F(ConsumerTimeOrderTest, LinesWithoutATimeComeLast) {
  clock.advance_seconds(86'400);
  disk.append_to("/logs/a.txt", "plain\ntext\n");
  written += 2;
  publish("a.txt");
  write("b.log", 0, 3000, 1);
  run_to_the_end();
  EXPECT_EQ(destination.entries.back().line, "text");
}

TEST_F(ConsumerTimeOrderTest, LinesWithWrongTimesHoldUpNobody) {
  disk.append_to("/logs/a.log", line_at(100'000'000) + line_at(0) + line_at(-100'000'000));
  written += 3;
  publish("a.log");
  write("b.log", 0, 3000, 1);
  run_to_the_end();
}

}  // namespace
}  // namespace sawlog::agent
