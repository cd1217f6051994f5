#include "parsers/redactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

const std::vector<RedactRule> kAll = {{RedactKind::kEmail},
                                      {RedactKind::kCard},
                                      {RedactKind::kIp},
                                      {RedactKind::kToken},
                                      {RedactKind::kPattern, "K-[0-9]+", "K-*"}};

std::vector<std::string> redacted(std::string_view text, const std::vector<RedactRule>& rules) {
  TextChunk input(text);
  auto redactor = Redactor::compile(rules);
  EXPECT_TRUE(redactor) << redactor.error().message;
  (*redactor)->redact(input.chunk);
  std::vector<std::string> lines;
  for (const Line& line : input.chunk.lines) lines.emplace_back(input.chunk.text(line));
  return lines;
}

void check(const std::string& line, const std::string& want) {
  EXPECT_THAT(redacted(line, kAll), testing::ElementsAre(want)) << line;
}

TEST(Redactor, emails) {
  check("from ann.lee+x@mail.example.com.", "from [email].");
  check(R"({"user":"ann@b.example","n":1})", R"({"user":"[email]","n":1})");
  check(R"({"user":"ann\u0040b.example \"x\"","n":1})", R"({"user":"[email] \"x\"","n":1})");
  check(R"({"ann@b.example":1})", R"({"[email]":1})");
  check("@decorator and user@host", "@decorator and user@host");
}

TEST(Redactor, cards_that_pass_luhn) {
  check("paid with 4111 1111 1111 1111 today", "paid with [card] today");
  check("5500-0000-0000-0004", "[card]");
  check(R"({"card":378282246310005,"id":1})", R"({"card":"[card]","id":1})");
  check("4111111111111112", "4111111111111112");
  check("a4111111111111111", "a4111111111111111");
}

TEST(Redactor, addresses) {
  check("from 10.0.0.7, 10.0.0.7.", "from [ip], [ip].");
  check(R"({"ip":"2001:db8::1","t":"07:06:55"})", R"({"ip":"[ip]","t":"07:06:55"})");
  check("std::bad_alloc at ::1 1.2.3.400 v1.2.3.4.5",
        "std::bad_alloc at [ip] 1.2.3.400 v1.2.3.4.5");
}

TEST(Redactor, tokens_and_keys) {
  check("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def", "jwt [token]");
  check("Authorization: Bearer abcdef123456", "Authorization: Bearer [token]");
  check("login password=hunter2&user=ann", "login password=[token]&user=ann");
  check(R"({"password":"hunter2","user":"u"})", R"({"password":"[token]","user":"u"})");
  check(R"({"db":{"api_key" : 12345678}})", R"({"db":{"api_key" : "[token]"}})");
  check(R"({"access_token":"x","gen_ai.usage.input_tokens":12,"tokens":3})",
        R"({"access_token":"[token]","gen_ai.usage.input_tokens":12,"tokens":3})");
  check("key AKIAIOSFODNN7EXAMPLE", "key [token]");
}

TEST(Redactor, patterns_of_ones_own) {
  check("customer K-4711 called", "customer K-* called");
  EXPECT_FALSE(Redactor::compile({{RedactKind::kPattern, "(", ""}}));
  EXPECT_FALSE(Redactor::compile({{RedactKind::kPattern, "a*", ""}}));
}

TEST(Redactor, lines_keep_their_places) {
  TextChunk input("plain\nfrom a@b.example\n{\"n\":1}\n");
  auto redactor = Redactor::compile(kAll);
  (*redactor)->redact(input.chunk);
  ASSERT_EQ(input.chunk.lines.size(), 3);
  EXPECT_EQ(input.chunk.text(input.chunk.lines[0]), "plain");
  EXPECT_EQ(input.chunk.offset_of(input.chunk.lines[1]), 6);
  EXPECT_EQ(input.chunk.raw_text(input.chunk.lines[1]), "from a@b.example");
  EXPECT_EQ(input.chunk.offset_of(input.chunk.lines[2]), 23);
}

TEST(Redactor, what_holds_nothing_is_not_copied) {
  TextChunk input("plain\n{\"n\":1}\n");
  const char* const bytes = input.chunk.bytes.data();
  auto redactor = Redactor::compile(kAll);
  (*redactor)->redact(input.chunk);
  EXPECT_EQ(input.chunk.bytes.data(), bytes);
  EXPECT_TRUE(input.chunk.origins.empty());
}

TEST(Redactor, broken_lines_are_masked_too) {
  check(R"({"user":"ann@b.example)", R"({"user":"[email])");
  check("{broken ann@b.example", "{broken \"[email]\"");
  check("\xFF ann@b.example", "\xFF [email]");
}

}  // namespace
}  // namespace sawlog::parsers
