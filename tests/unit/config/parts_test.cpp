// The small parts of config/: units, nearest names, globs, the reference page.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "config/describe.h"
#include "config/nearest.h"
#include "config/path_glob.h"
#include "config/units.h"

namespace sawlog::config {
namespace {

void check_size(const std::string& text, uint64_t want) {
  const auto size = parse_size(text);
  ASSERT_TRUE(size) << text << ": " << size.error().message;
  EXPECT_EQ(*size, want) << text;
}
void check_no_size(const std::string& text, const std::string& want) {
  const auto size = parse_size(text);
  ASSERT_FALSE(size) << text;
  EXPECT_EQ(size.error().message, want) << text;
}

TEST(Units, Sizes) {
  check_size("0B", 0);
  check_size("512B", 512);
  check_size("4KiB", 4096);
  check_size("1.5MiB", 3u << 19);
  check_size("4 MiB", 4u << 20);
  check_size("100kB", 100'000);
  check_size("1TiB", 1ull << 40);
}

TEST(Units, NoSizes) {
  check_no_size("4", "has no unit; a size is written like 4MiB");
  check_no_size("4mb", "has an unknown unit; did you mean '4MB'?");
  check_no_size("4M", "has an unknown unit; did you mean '4MiB'?");
  check_no_size("4x", "has an unknown unit; a size is written like 4MiB");
  check_no_size("MiB", "is not a size such as 4MiB");
  check_no_size("-4MiB", "is not a size such as 4MiB");
  check_no_size("1.2.3MiB", "is not a size such as 4MiB");
  check_no_size("", "is not a size such as 4MiB");
  check_no_size("99999999TiB", "is too large");
}

void check_time(const std::string& text, int64_t want) {
  const auto time = parse_time(text);
  ASSERT_TRUE(time) << text << ": " << time.error().message;
  EXPECT_EQ(*time, want) << text;
}

TEST(Units, Times) {
  check_time("0s", 0);
  check_time("250ms", 250'000'000);
  check_time("1.5s", 1'500'000'000);
  check_time("15m", 900'000'000'000);
  check_time("7d", 604'800'000'000'000);
  EXPECT_FALSE(parse_time("15"));
  EXPECT_EQ(parse_time("5min").error().message, "has an unknown unit; did you mean '5m'?");
}

TEST(Units, FormatIsTheWayBack) {
  EXPECT_EQ(format_size(4u << 20), "4MiB");
  EXPECT_EQ(format_size(100'000), "100kB");
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_time(900'000'000'000), "15m");
  EXPECT_EQ(format_time(1'500'000'000), "1500ms");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> keys = {"hosts", "paths", "line_bytes_max", "batch", "in_flight"};
  EXPECT_EQ(nearest("host", keys), "hosts");
  EXPECT_EQ(nearest("path", keys), "paths");
  EXPECT_EQ(nearest("LineBytesMax", keys), "line_bytes_max");
  EXPECT_EQ(nearest("inflight", keys), "in_flight");
  EXPECT_EQ(nearest("in-flight", keys), "in_flight");
  EXPECT_EQ(nearest("bacth", keys), "batch");
  EXPECT_EQ(nearest("frobnicate", keys), "");
  EXPECT_EQ(nearest("x", keys), "");
}

TEST(PathGlob, Matches) {
  EXPECT_TRUE(glob_matches("/var/log/*.log", "/var/log/a.log"));
  EXPECT_FALSE(glob_matches("/var/log/*.log", "/var/log/x/a.log"));
  EXPECT_TRUE(glob_matches("/var/**/*.log", "/var/a.log"));
  EXPECT_TRUE(glob_matches("/var/**/*.log", "/var/log/x/a.log"));
  EXPECT_TRUE(glob_matches("/var/log/**", "/var/log/x/a.log"));
  EXPECT_FALSE(glob_matches("/var/log", "/var/log/a.log"));
}

TEST(PathGlob, ReachesInto) {
  EXPECT_TRUE(glob_reaches_into("/var/lib/sawlog/*", "/var/lib/sawlog"));
  EXPECT_TRUE(glob_reaches_into("/var/**/*.log", "/var/lib/sawlog"));
  EXPECT_TRUE(glob_reaches_into("/var/*/*/*.log", "/var/lib/sawlog"));
  EXPECT_FALSE(glob_reaches_into("/var/lib/*", "/var/lib/sawlog"));
  EXPECT_FALSE(glob_reaches_into("/var/log/**", "/var/lib/sawlog"));
}

TEST(PathGlob, Covers) {
  EXPECT_TRUE(glob_covers("/var/lib/sawlog/**", "/var/lib/sawlog"));
  EXPECT_TRUE(glob_covers("/var/**", "/var/lib/sawlog"));
  EXPECT_FALSE(glob_covers("/var/lib/sawlog/*", "/var/lib/sawlog"));
  EXPECT_FALSE(glob_covers("/var/lib/sawlog/held/**", "/var/lib/sawlog"));
}

// docs/configuration.md ends with what the tables say. UPDATE_GOLDEN=1 writes it anew.
TEST(Describe, TheReferencePageIsCurrent) {
  const std::filesystem::path page =
      std::filesystem::path(SAWLOG_SOURCE_DIR) / "docs/configuration.md";
  const std::string marker = "<!-- made by tests/unit/config/parts_test.cpp from config/ -->\n";
  std::ostringstream content;
  content << std::ifstream(page).rdbuf();
  std::string text = content.str();
  const size_t at = text.find(marker);
  ASSERT_NE(at, std::string::npos);
  const std::string want = text.substr(0, at + marker.size()) + describe();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(page) << want;
    text = want;
  }
  EXPECT_EQ(text, want);
}

}  // namespace
}  // namespace sawlog::config
