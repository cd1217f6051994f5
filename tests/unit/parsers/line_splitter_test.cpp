#include "parsers/line_splitter.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace sawlog::parsers {
namespace {

constexpr uint32_t kLimit = 8;

// The lines of the bytes as "a|b", "~" in front of a cut one; then what was consumed and "!" when
// the end of a long line is needed.
std::string split(std::string_view bytes, SplitOptions options) {
  std::vector<Line> lines;
  const SplitResult result = split_lines(bytes, options, lines);
  std::string text;
  for (const Line& line : lines) {
    if (!text.empty()) text += '|';
    if (line.is_cut()) text.append("~").append(std::to_string(line.original_size_bytes)) += ':';
    text += bytes.substr(line.begin, line.size_bytes);
  }
  text.append(" ").append(std::to_string(result.consumed_bytes));
  return text.append(result.needs_line_end ? "!" : "");
}

std::string split_growing(std::string_view bytes) {
  return split(bytes, {.line_bytes_max = kLimit});
}
std::string split_final(std::string_view bytes) {
  return split(bytes, {.end_is_final = true, .line_bytes_max = kLimit});
}
std::string split_first(std::string_view bytes) {
  return split(bytes, {.at_start_of_file = true, .line_bytes_max = kLimit});
}

TEST(LineSplitter, keeps_a_partial_last_line_back) {
  EXPECT_EQ(split_growing(""), " 0");
  EXPECT_EQ(split_growing("a"), " 0");
  EXPECT_EQ(split_growing("a\n"), "a 2");
  EXPECT_EQ(split_growing("a\nbc"), "a 2");
  EXPECT_EQ(split_growing("a\nbc\n"), "a|bc 5");
  EXPECT_EQ(split_growing("a\nbc\r"), "a 2");
}

TEST(LineSplitter, a_final_end_ends_the_last_line) {
  EXPECT_EQ(split_final(""), " 0");
  EXPECT_EQ(split_final("a"), "a 1");
  EXPECT_EQ(split_final("a\nbc"), "a|bc 4");
  EXPECT_EQ(split_final("a\n"), "a 2");
  EXPECT_EQ(split_final("0123456789"), "~10:01234567 10");
}

TEST(LineSplitter, carriage_returns_and_empty_lines) {
  EXPECT_EQ(split_growing("a\r\nb\r\n"), "a|b 6");
  EXPECT_EQ(split_growing("a\rb\n"), "a\rb 4");
  EXPECT_EQ(split_growing("a\r\r\n"), "a\r 4");
  EXPECT_EQ(split_growing("\n\r\n\n"), " 4");
  EXPECT_EQ(split_growing("\n\na\n\nb\n\n"), "a|b 8");
  EXPECT_EQ(split_growing(" \n"), "  2");
}

TEST(LineSplitter, a_byte_order_mark_only_at_the_start_of_the_file) {
  EXPECT_EQ(split_first("\xEF\xBB\xBF{}\n"), "{} 6");
  EXPECT_EQ(split_first("\xEF\xBB\xBF"), " 0");
  EXPECT_EQ(split_first("\xEF\xBB\xBF\na\n"), "a 6");
  EXPECT_EQ(split_growing("\xEF\xBB\xBF{}\n"), "\xEF\xBB\xBF{} 6");
  EXPECT_EQ(split_first("a\n\xEF\xBB\xBF{}\n"), "a|\xEF\xBB\xBF{} 8");
}

TEST(LineSplitter, a_line_above_the_limit_is_cut) {
  EXPECT_EQ(split_growing("01234567\na\n"), "01234567|a 11");
  EXPECT_EQ(split_growing("01234567\r\na\n"), "01234567|a 12");
  EXPECT_EQ(split_growing("012345678\na\n"), "~9:01234567|a 12");
  EXPECT_EQ(split_growing("012345678\r\na\n"), "~9:01234567|a 13");
  EXPECT_EQ(split_growing("0123456\xC3\xA4x\n"), "~10:0123456 11");
  EXPECT_EQ(split_growing("01234\xE2\x82\xAC\xE2\x82\xAC\n"), "~11:01234\xE2\x82\xAC 12");
  EXPECT_EQ(split_growing("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n"),
            "~10:\x80\x80\x80\x80\x80\x80\x80\x80 11");
}

TEST(LineSplitter, asks_for_the_end_of_a_long_line_only_when_it_is_the_first) {
  EXPECT_EQ(split_growing("012345678"), " 0");  // the ninth byte may be a CR
  EXPECT_EQ(split_growing("0123456789"), " 0!");
  EXPECT_EQ(split_growing("a\n0123456789"), "a 2");
}

TEST(LineSplitter, stops_at_lines_max) {
  std::vector<Line> lines;
  EXPECT_EQ(split_lines("a\nb\nc\n", {.lines_max = 2}, lines).consumed_bytes, 4u);
  EXPECT_EQ(lines.size(), 2u);
}

// What a consumer does, with buffers as small as allowed, over a file in memory.
std::string read_whole(std::string_view file, size_t buffer_bytes) {
  SplitOptions options{.line_bytes_max = kLimit};
  std::string text;
  uint64_t cursor = 0;
  std::vector<Line> lines;
  while (cursor < file.size()) {
    std::string_view buffer = file.substr(cursor, buffer_bytes);
    options.at_start_of_file = cursor == 0;
    options.end_is_final = cursor + buffer.size() == file.size();
    const SplitResult result = split_lines(buffer, options, lines);
    uint64_t next = cursor + result.consumed_bytes;
    if (result.needs_line_end) {
      LongLine long_line;
      for (;;) {
        const uint64_t position = cursor + long_line.scanned_bytes();
        const std::string_view more = file.substr(position, 3);
        if (long_line.scan(more, position + more.size() == file.size())) break;
      }
      lines = {long_line.cut(buffer, options)};
      next = cursor + long_line.size_with_end_bytes();
      EXPECT_LE(lines[0].next, buffer.size());
    }
    for (const Line& line : lines) {
      text += buffer.substr(line.begin, line.size_bytes);
      text.append("/").append(std::to_string(line.original_size_bytes)) += '\n';
    }
    if (next == cursor) return text + "stuck";
    cursor = next;
  }
  return text;
}

TEST(LineSplitter, long_lines_over_many_reads) {
  EXPECT_EQ(read_whole("a\n0123456789012345678901234567890123456789\r\nb\n", 16),
            "a/1\n01234567/40\nb/1\n");
  EXPECT_EQ(read_whole("0123456789012345678901234567890123456789", 16), "01234567/40\n");
  EXPECT_EQ(read_whole("\xEF\xBB\xBF"
                       "0123456789012345678901234567890123456789\n",
                       16),
            "01234567/40\n");
}

TEST(LineSplitter, the_size_of_the_buffer_changes_nothing) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string file;
    const size_t size = random() % 200;
    const unsigned line_ends = 1 + random() % 40;
    for (size_t i = 0; i < size; ++i) {
      const unsigned draw = random() % 60;
      file += draw < line_ends ? (draw % 3 == 0 ? "\r\n" : draw % 3 == 1 ? "\n" : "\r") : "x";
    }
    const std::string want = read_whole(file, 4096);
    for (const size_t buffer_bytes : {16, 17, 23, 64})
      ASSERT_EQ(read_whole(file, buffer_bytes), want) << testing::PrintToString(file);
  }
}

}  // namespace
}  // namespace sawlog::parsers
