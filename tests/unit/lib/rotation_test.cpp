// Rotation by the library itself.
#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>
#include <utime.h>
#include <zstd.h>

#include "lib/src/log_file.h"
#include "tests/unit/lib/child.h"
#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr mode_t kMode = 0640;

class RotationTest : public ::testing::Test {
 protected:
  // The rotated files by their names, the oldest first.
  [[nodiscard]] std::vector<std::string> rotated() const {
    constexpr size_t kNameBytes = std::string_view("log-20261121-070655-123456").size();
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(logs_.path(""))) {
      const std::string name = entry.path().filename();
      if (name.size() >= kNameBytes && !name.ends_with(".part")) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  [[nodiscard]] bool all_compressed() const {
    const auto names = rotated();
    return std::all_of(names.begin(), names.end(),
                       [](const std::string& name) { return name.ends_with(".zst"); });
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    const std::string bytes = logs_.text(name);
    if (!name.ends_with(".zst")) return bytes;
    std::string text(size_t{16} << 20, '\0');
    const size_t size = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
    EXPECT_EQ(ZSTD_isError(size), 0U) << name;
    text.resize(size);
    return text;
  }
  [[nodiscard]] std::string all_text() const {
    std::string text;
    for (const std::string& name : rotated()) text += text_of(name);
    return text + logs_.text("log");
  }
  static bool comes_true(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  LogDirectory logs_;
};

TEST_F(RotationTest, BeforeAFileBecomesTooLarge) {
  LogFile file(logs_.path("log"), kMode, {.bytes = 20, .keep = 100, .compress = false});
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.write("0123456789\n"));
  EXPECT_TRUE(file.write("too much\n"));  // 20 bytes in sum: just enough
  EXPECT_EQ(rotated().size(), 0U);
  EXPECT_TRUE(file.write("more\n"));
  EXPECT_TRUE(file.write("this alone is larger than the limit\n"));
  ASSERT_EQ(rotated().size(), 2U);
  EXPECT_EQ(text_of(rotated()[0]), "0123456789\ntoo much\n");
  EXPECT_EQ(text_of(rotated()[1]), "more\n");
  EXPECT_EQ(logs_.text("log"), "this alone is larger than the limit\n");
}

TEST_F(RotationTest, WhenAnotherDayHasBegun) {
  std::ofstream(logs_.path("log")) << "of yesterday\n";
  const time_t yesterday = time(nullptr) - 86'400;
  const utimbuf times{yesterday, yesterday};
  ASSERT_EQ(utime(logs_.path("log").c_str(), &times), 0);
  LogFile file(logs_.path("log"), kMode, {.every = 24h, .compress = false});
  ASSERT_TRUE(file.open());
  EXPECT_EQ(rotated().size(), 0U);  // not without a line
  EXPECT_TRUE(file.write("of today\n"));
  EXPECT_TRUE(file.write("too\n"));
  ASSERT_EQ(rotated().size(), 1U);
  EXPECT_EQ(text_of(rotated()[0]), "of yesterday\n");
  EXPECT_EQ(logs_.text("log"), "of today\ntoo\n");
}

TEST_F(RotationTest, CompressesInTheBackgroundAndKeepsSoMany) {
  std::ofstream(logs_.path("log-20200101-000000-000000")) << "left by an earlier process\n";
  std::ofstream(logs_.path("log-notes.txt")) << "not ours\n";
  std::ofstream(logs_.path("log-20200101")) << "not ours\n";
  LogFile file(logs_.path("log"), kMode, {.bytes = 100, .keep = 3});
  ASSERT_TRUE(file.open());
  std::string last;
  for (int i = 0; i < 10; ++i) {
    last = joined({std::string(90, static_cast<char>('a' + i)), "\n"});
    EXPECT_TRUE(file.write(last));
    const size_t kept = std::min(i + 1, 3);
    EXPECT_TRUE(comes_true([&] { return rotated().size() == kept && all_compressed(); })) << i;
  }
  const std::vector<std::string> names = rotated();
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(text_of(names[2]), joined({std::string(90, 'i'), "\n"}));
  EXPECT_EQ(logs_.text("log"), last);
  EXPECT_TRUE(fs::exists(logs_.path("log-notes.txt")));
  EXPECT_TRUE(fs::exists(logs_.path("log-20200101")));
}

TEST_F(RotationTest, WaitsForOthersWhoStillWrite) {
  std::ofstream other;
  {
    LogFile file(logs_.path("log"), kMode, {.bytes = 10, .keep = 9});
    ASSERT_TRUE(file.open());
    other.open(logs_.path("log"), std::ios::app);
    EXPECT_TRUE(file.write("first\n"));
    EXPECT_TRUE(file.write("second\n"));
    other << "late\n" << std::flush;
    ASSERT_EQ(rotated().size(), 1U);
    EXPECT_FALSE(all_compressed());
    other.close();
    EXPECT_TRUE(comes_true([&] { return all_compressed(); }));
  }
  EXPECT_EQ(text_of(rotated()[0]), "first\nlate\n");
}

TEST_F(RotationTest, SeveralProcessesLoseNothing) {
  if (!kChildMayHaveThreads) GTEST_SKIP() << "the children would need threads";
  constexpr int kProcesses = 3;
  constexpr int kLines = 5'000;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      start({.file = logs_.path("log"),
             .rotation = {.bytes = 50'000, .keep = 1'000},
             .when_full = block,
             .source_location = false});
      for (int n = 0; n < kLines; ++n) {
        get("r").info("m", {{"id", std::to_string(process) + "." + std::to_string(n)}});
        if (n % 50 == 0) flush();
      }
      stop();
      std::_Exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::map<std::string, int> seen;
  std::istringstream text(all_text());
  const std::string key = R"("id":")";
  for (std::string line; std::getline(text, line);) {
    const size_t begin = line.find(key) + key.size();
    ++seen[line.substr(begin, line.find('"', begin) - begin)];
  }
  EXPECT_GT(rotated().size(), 10U);
  EXPECT_EQ(seen.size(), size_t{kProcesses * kLines});
  for (const auto& [id, count] : seen) EXPECT_EQ(count, 1) << id;
}

}  // namespace
}  // namespace sawlog
