#include "agent/dashboard/page.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

TEST(DashboardPage, IsWholeAndSmall) {
  const DashboardPage& page = dashboard_page();
  EXPECT_LT(page.html.size(), 150u << 10);
  EXPECT_NE(page.html.find("<main"), std::string::npos);
  EXPECT_EQ(page.html.find("{{"), std::string::npos);
}

// Nothing that the policy would refuse, or that comes from somewhere else.
TEST(DashboardPage, HoldsNothingInlineButItsScriptAndStyle) {
  const std::string& html = dashboard_page().html;
  const auto count = [&](std::string_view what) {
    size_t found = 0;
    for (size_t at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("<script"), 1);
  EXPECT_EQ(count("<style"), 1);
  EXPECT_EQ(count("</script"), 1);
  EXPECT_EQ(count(" style=\""), 0);
  EXPECT_EQ(count(" onclick="), 0);
  EXPECT_EQ(count("src=\"http"), 0);
  EXPECT_EQ(count("innerHTML"), 0) << "what a log says is text";
}

TEST(DashboardPage, ThePolicyNamesWhatItMayDo) {
  const std::string& policy = dashboard_page().content_security_policy;
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-"));
  EXPECT_NE(policy.find("; style-src 'sha256-"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
}

TEST(DashboardPage, HasChartsAndTheirLicense) {
  EXPECT_TRUE(dashboard_page().has_charts) << "npm could not fetch uPlot when this was built";
  EXPECT_NE(dashboard_page().html.find("Permission is hereby granted"), std::string::npos);
}

}  // namespace
}  // namespace sawlog::agent
