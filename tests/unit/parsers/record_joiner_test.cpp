#include "parsers/record_joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;
using testing::ElementsAre;
using testing::IsEmpty;

struct Joined {
  std::vector<std::string> records;
  std::vector<uint64_t> offsets;
  size_t bytes = 0;
  bool was_open = false;
};

Joined join(std::string_view text, const SourceContext& source, bool ends_here = true,
            uint32_t line_bytes_max = 1u << 20) {
  TextChunk input(text, line_bytes_max);
  input.chunk.source = &source;
  RecordJoiner joiner(source);
  Joined joined;
  joined.bytes = joiner.join(input.chunk, line_bytes_max, ends_here);
  joined.was_open = joiner.was_open();
  for (const Line& line : input.chunk.lines) {
    joined.records.emplace_back(input.chunk.text(line));
    joined.offsets.push_back(input.chunk.offset_of(line));
  }
  return joined;
}

SourceContext automatic() {
  SourceContext source;
  source.format = LineFormat::kAuto;
  source.multiline = Multiline::kAuto;
  return source;
}

// Every group of lines must become one record.
void check(const std::vector<std::string>& records) {
  std::string text;
  for (const std::string& record : records) text += record + "\n";
  EXPECT_EQ(join(text, automatic()).records, records);
}

TEST(RecordJoiner, indented_lines_go_on_a_record) {
  check({"one", "two\n  a\n\tb", "three"});
  check({"{\"a\":1}", "  not a part of JSON", "{\"a\":2}"});
  check({"{\n  \"a\": 1\n}", "next"});
  check({"  from the beginning\n  on"});
}

TEST(RecordJoiner, traces_of_python) {
  check(
      {"2026-11-21 07:06:55,123 ERROR shop cannot ship\n"
       "Traceback (most recent call last):\n"
       "  File \"a.py\", line 3, in f\n    {}[\"order\"]\nKeyError: 'order'\n"
       "During handling of the above exception, another exception occurred:\n"
       "Traceback (most recent call last):\n"
       "  File \"a.py\", line 5, in g\n    raise Odd from error\nshop.errors.Odd: cannot ship",
       "2026-11-21 07:06:56,000 INFO shop next"});
  check({"Traceback (most recent call last):\n  File \"a.py\", line 3\nSystemExit", "next line"});
}

TEST(RecordJoiner, traces_of_java_and_node) {
  check(
      {"2026-11-21 07:06:55.123 ERROR c.f.Bar - failed\n"
       "java.lang.IllegalStateException: boom\n\tat a.B.c(B.java:1)\n\t... 3 more\n"
       "Caused by: java.io.IOException: gone\n\tat a.B.d(B.java:9)\n\t... 12 more",
       "2026-11-21 07:06:55.124 INFO c.f.Bar - next"});
  check(
      {"/app/x.js:10\n    throw new Error('boom')\n    ^\nError: boom\n    at f (/app/x.js:10:9) "
       "{\n"
       "  code: 'ENOENT'\n}\nNode.js v20.1.0",
       "started"});
  check({"order failed", "TypeErrors are no exceptions: 3"});
}

TEST(RecordJoiner, traces_of_go_and_cpp) {
  check({"2026/11/21 07:06:55 started",
         "panic: runtime error: index out of range [3]\ngoroutine 1 [running]:\nmain.f(0x1, 0x2)\n"
         "\t/app/main.go:12 +0x1d\nmain.main()\n\t/app/main.go:5 +0x1d\nexit status 2",
         "2026/11/21 07:06:56 started (again)"});
  check({"terminate called after throwing an instance of 'std::runtime_error'\n  what():  boom",
         "next"});
  check({"crash\n#0 0x401136 in f() a.cpp:3\n#1 0x40114b in main a.cpp:7", "next"});
  check({" 0# f() at a.cpp:3\n 1# main at a.cpp:7", "next"});
}

TEST(RecordJoiner, the_last_record_is_held_back_until_it_is_known_to_end) {
  const Joined open = join("one\ntwo\n  more\n", automatic(), false);
  EXPECT_THAT(open.records, ElementsAre("one"));
  EXPECT_EQ(open.bytes, 4);
  EXPECT_TRUE(open.was_open);
  const Joined nothing = join("two\n  more\n", automatic(), false);
  EXPECT_THAT(nothing.records, IsEmpty());
  EXPECT_EQ(nothing.bytes, 0);
  const Joined waited = join("two\n  more\n", automatic(), true);
  EXPECT_THAT(waited.records, ElementsAre("two\n  more"));
  EXPECT_TRUE(waited.was_open);
  const Joined json = join("two\n{\"a\":1}\n", automatic(), false);
  EXPECT_THAT(json.records, ElementsAre("two", "{\"a\":1}"));
  EXPECT_EQ(json.bytes, 12);
  EXPECT_FALSE(json.was_open) << "JSON ends where it ends";
}

TEST(RecordJoiner, what_a_record_is_does_not_depend_on_the_borders_of_reads) {
  const std::string text =
      "a\nERROR x\nTraceback (most recent call last):\n  f\nOdd: y\n{\"j\":1}\n"
      "2026-11-21T07:06:55.1Z stdout P par\n2026-11-21T07:06:55.2Z stderr F other\n"
      "2026-11-21T07:06:55.3Z stdout F t\n2026-11-21T07:06:55.4Z stdout F   more\nz\n";
  const Joined whole = join(text, automatic());
  for (size_t cut = 0; cut < text.size(); ++cut) {
    const size_t lines_end =
        text.rfind('\n', cut) == std::string::npos ? 0 : text.rfind('\n', cut) + 1;
    const Joined first = join(text.substr(0, lines_end), automatic(), false);
    const Joined rest = join(text.substr(first.bytes), automatic());
    std::vector<std::string> both = first.records;
    both.insert(both.end(), rest.records.begin(), rest.records.end());
    EXPECT_EQ(both, whole.records) << cut;
  }
}

TEST(RecordJoiner, a_record_has_limits) {
  std::string text = "first\n";
  for (int i = 0; i < 3000; ++i) text += " more\n";
  const Joined joined = join(text, automatic());
  EXPECT_EQ(joined.records.size(), 3);
  EXPECT_EQ(joined.records[0].size(), 5 + (RecordJoiner::kRecordLinesMax - 1) * 6);
  const Joined small = join("a\n b\n c\n d\n", automatic(), true, 6);
  EXPECT_THAT(small.records, ElementsAre("a\n b", " c\n d"));
}

TEST(RecordJoiner, a_cut_line_stands_alone) {
  const Joined joined = join("a\n 1234567890\n b\n", automatic(), true, 6);
  EXPECT_THAT(joined.records, ElementsAre("a", " 12345", " b"));
}

TEST(RecordJoiner, a_start_of_ones_own) {
  SourceContext source;
  source.multiline = Multiline::kStart;
  source.multiline_start = "^\\d{4}-";
  EXPECT_THAT(join("x\n2026-a\nb\n{\"c\":1}\n2026-d\n", source).records,
              ElementsAre("x", "2026-a\nb\n{\"c\":1}", "2026-d"));
}

TEST(RecordJoiner, containers) {
  const Joined cri = join(
      "2026-11-21T07:06:55.1Z stdout P one \n"
      "2026-11-21T07:06:55.2Z stderr F ERROR x\n"
      "2026-11-21T07:06:55.3Z stdout F and two\n"
      "2026-11-21T07:06:55.4+01:00 stderr F   more\n"
      "2026-11-21T07:06:55.5Z stderr F \n"
      "2026-11-21T07:06:55.6Z stdout F {\"a\":1}\n"
      "2026-11-21 07:06:55.6Z is no container's\n",
      automatic());
  EXPECT_THAT(cri.records, ElementsAre("one and two", "ERROR x\n  more", "{\"a\":1}",
                                       "2026-11-21 07:06:55.6Z is no container's"));
  EXPECT_THAT(cri.offsets, ElementsAre(0, 37, 194, 234));
  const Joined docker =
      join(R"({"log":"one ","stream":"stdout","time":"2026-11-21T07:06:55.1Z"})"
           "\n"
           R"({"log":"and \"two\"\r\n","stream":"stdout","time":"2026-11-21T07:06:55.2Z"})"
           "\n"
           R"({"log":"{\"a\":1}\n","stream":"stderr","time":"2026-11-21T07:06:55.3Z"})"
           "\n"
           R"({"log":"text of ours","a":1})"
           "\n",
           automatic());
  EXPECT_THAT(docker.records,
              ElementsAre("one and \"two\"", "{\"a\":1}", R"({"log":"text of ours","a":1})"));
}

TEST(RecordJoiner, parts_of_a_containers_line_are_joined_without_multiline) {
  SourceContext source;
  source.format = LineFormat::kCri;
  const std::string text =
      "2026-11-21T07:06:55.1Z stdout P one \n2026-11-21T07:06:55.3Z stdout F two\n"
      "2026-11-21T07:06:55.4Z stdout F   three\n";
  EXPECT_THAT(join(text, source, false).records, ElementsAre("one two", "  three"));
  EXPECT_THAT(join(text.substr(0, 37), source, false).records, IsEmpty());
}

}  // namespace
}  // namespace sawlog::parsers
