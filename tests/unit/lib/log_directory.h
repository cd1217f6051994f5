// A directory for one test's logs, and what is in them.
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sawlog {

[[nodiscard]] inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part);
  return text;
}

class LogDirectory {
 public:
  LogDirectory() {
    std::string pattern = ::testing::TempDir() + "sawlog-lib-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~LogDirectory() { std::filesystem::remove_all(path_); }
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;

  [[nodiscard]] std::string path(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string text(std::string_view name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  // Without their newlines. A last line without one counts, too.
  [[nodiscard]] std::vector<std::string> lines(std::string_view name) const {
    std::vector<std::string> lines;
    std::istringstream text(this->text(name));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  void rename(std::string_view from, std::string_view to) const {
    std::filesystem::rename(path(from), path(to));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sawlog
