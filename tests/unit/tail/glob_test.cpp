#include "agent/tail/glob.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

void check(const char* pattern, const char* path, bool want) {
  EXPECT_EQ(Glob(pattern).matches(path), want) << pattern << "  " << path;
}

TEST(Glob, Matches) {
  check("/var/log/app.log", "/var/log/app.log", true);
  check("/var/log/*.log", "/var/log/app.log", true);
  check("/var/log/*.log", "/var/log/.log", false);  // a leading dot must be written
  check("/var/log/*.log", "/var/log/app.log.1", false);
  check("/var/log/*.log", "/var/log/deep/app.log", false);
  check("/var/log/app?.log", "/var/log/app1.log", true);
  check("/var/log/app[0-9].log", "/var/log/app1.log", true);
  check("/var/log/app[!0-9].log", "/var/log/app1.log", false);
  check("/var/*/app.log", "/var/log/app.log", true);
  check("/var/log/a\\*b", "/var/log/a*b", true);
  check("/var/log/a\\*b", "/var/log/axb", false);
  check("//var/./log//app.log", "/var/log/app.log", true);
  check("logs/*.log", "logs/app.log", true);
  check("logs/*.log", "/logs/app.log", false);
}

TEST(Glob, TwoStarsCrossDirectories) {
  check("/log/**/app.log", "/log/app.log", true);
  check("/log/**/app.log", "/log/a/app.log", true);
  check("/log/**/app.log", "/log/a/b/c/app.log", true);
  check("/log/**/app.log", "/log/a/other.log", false);
  check("/log/**/app.log", "/log/.git/app.log", false);
  check("/log/**", "/log/a/b", true);
  check("/log/**/x/**/*.log", "/log/1/x/2/3/a.log", true);
  check("/**/a.log", "/a.log", true);
}

}  // namespace
}  // namespace sawlog::agent
