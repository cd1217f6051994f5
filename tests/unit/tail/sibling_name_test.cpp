#include "agent/tail/sibling_name.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

using Bases = std::vector<std::string>;

void check(const char* name, const Bases& want) {
  EXPECT_EQ(sibling_bases(name), want) << name;
}

TEST(SiblingName, RotatedNames) {
  check("app.log.1", {"app.log"});
  check("app.log.1.gz", {"app.log.1", "app.log"});
  check("app.log.gz", {"app.log"});
  check("app.log-20261121", {"app.log"});
  check("app.log-20261121.zst", {"app.log-20261121", "app.log"});
  check("app.log-20261121-1795244400", {"app.log-20261121", "app.log"});
  check("app.log.2026-11-21", {"app.log.2026-11", "app.log.2026", "app.log"});
  check("app.log.2026-11-21_07-06", {"app.log.2026-11-21_07", "app.log.2026-11-21",
                                     "app.log.2026-11", "app.log.2026", "app.log"});
  check("0.log.20261121-070655", {"0.log.20261121", "0.log"});
  check("app.log-2026-11-21T07:06:55Z.xz",
        {"app.log-2026-11-21T07:06:55Z", "app.log-2026-11", "app.log-2026", "app.log"});
  check("app_1", {"app"});
}

TEST(SiblingName, OtherNames) {
  check("app.log", {});
  check("app-1.log", {});
  check("app.log.old", {});
  check("app.log.1a", {});
  check("app.log.", {});
  check("app.log..1", {"app.log."});
  check("1", {});
  check(".1", {});
  check(".gz", {});
  check("20261121", {});
  check("app1", {});
  check("", {});
}

TEST(SiblingName, Compression) {
  EXPECT_EQ(compression_by_name("a.gz"), Compression::kGzip);
  EXPECT_EQ(compression_by_name("a.zst"), Compression::kZstd);
  EXPECT_EQ(compression_by_name("a.xz"), Compression::kXz);
  EXPECT_EQ(compression_by_name("a.log"), Compression::kNone);
  EXPECT_EQ(compression_by_name(".gz"), Compression::kNone);
}

}  // namespace
}  // namespace sawlog::agent
