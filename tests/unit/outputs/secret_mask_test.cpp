#include "outputs/secret_mask.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

const SecretMask kMask({"correct horse", "a2V5LW9mLWFwaQ==", "short", ""});

void check(std::string text, const std::string& want,
           const std::vector<std::string>& headers = {}) {
  kMask.apply(headers, text);
  EXPECT_EQ(text, want);
}

TEST(SecretMask, HidesSecrets) {
  check("who is 'correct horse'? correct horse!", "who is '***'? ***!");
  check("key a2V5LW9mLWFwaQ== is revoked", "key *** is revoked");
  check("authorization: Basic YWdlbnQ6Y29ycmVjdCBob3JzZQ==, host",
        "authorization: Basic ***, host");
  check(R"({"Authorization":"Bearer abc.def_ghi"})", R"({"Authorization":"Bearer ***"})");
  check("X-Api-Key=another-key", "X-Api-Key=***", {"X-Api-Key: another-key"});
  check("Bearer abcdefgh", "Bearer ***");
}

TEST(SecretMask, LeavesOtherWords) {
  check("", "");
  check("a short message", "a short message");
  check("Basic auth is needed", "Basic auth is needed");
  check("no tenant team-a-one", "no tenant team-a-one", {"X-Scope-OrgID: team-a-one"});
  check("Bearer ", "Bearer ");
}

}  // namespace
}  // namespace sawlog::outputs
