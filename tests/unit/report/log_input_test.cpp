#include "agent/report/log_input.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/compression.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

class LogInputTest : public testing::Test {
 protected:
  std::vector<std::string> lines_of(const LogPiece& piece) {
    std::vector<std::string> lines;
    auto reader = PieceReader::open(filesystem_, piece);
    EXPECT_TRUE(reader);
    while (true) {
      const auto chunk = reader->next();
      EXPECT_TRUE(chunk);
      if (!chunk || !*chunk) break;
      for (const parsers::Line& line : (*chunk)->lines) {
        lines.emplace_back((*chunk)->text(line));
        if (line.is_cut()) ++cut_count_;
      }
    }
    defect_ = reader->defect();
    return lines;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  size_t cut_count_ = 0;
  std::string defect_;
};

TEST_F(LogInputTest, every_line_is_in_exactly_one_piece_wherever_it_is_cut) {
  std::mt19937_64 random(3);
  std::string content;
  std::vector<std::string> want;
  for (int i = 0; i < 200; ++i) {
    want.push_back(std::to_string(i) + std::string(1 + random() % 30, 'x'));
    content += want.back() + (random() % 5 == 0 ? "\r\n" : "\n");
    if (random() % 7 == 0) content += '\n';
  }
  content += "the last one has no end";
  want.emplace_back("the last one has no end");
  filesystem_.write_file("/log", content);
  for (uint64_t step : {1, 2, 7, 33, 1000, 100'000}) {
    std::vector<std::string> lines;
    for (uint64_t begin = 0; begin < content.size(); begin += step) {
      const LogPiece piece{"/log", Compression::kNone, begin,
                           std::min<uint64_t>(content.size(), begin + step)};
      for (std::string& line : lines_of(piece)) lines.push_back(std::move(line));
    }
    EXPECT_EQ(lines, want) << step;
  }
}

TEST_F(LogInputTest, a_line_over_the_limit_is_cut_and_the_next_one_is_whole) {
  std::string content = "before\n";
  content.append(5u << 20, 'y').append("\nafter\n").append(3u << 20, 'z');
  filesystem_.write_file("/log", content);
  const auto lines = lines_of({"/log", Compression::kNone, 0, content.size()});
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(lines[0], "before");
  EXPECT_EQ(lines[1], std::string(1u << 20, 'y'));
  EXPECT_EQ(lines[2], "after");
  EXPECT_EQ(lines[3], std::string(1u << 20, 'z'));
  EXPECT_EQ(cut_count_, 2);
}

TEST_F(LogInputTest, compressed_files_are_read_whatever_their_names) {
  filesystem_.write_file("/log", tests::gzip("one\ntwo\n"));
  const LogInput input = find_log_input(filesystem_, {"/log"});
  ASSERT_EQ(input.pieces.size(), 1);
  EXPECT_EQ(input.pieces[0].compression, Compression::kGzip);
  EXPECT_EQ(lines_of(input.pieces[0]), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(defect_, "");
}

TEST_F(LogInputTest, a_compressed_file_that_ends_in_the_middle_is_told_of) {
  std::string content;
  for (int i = 0; i < 10'000; ++i) content += "line " + std::to_string(i * 7919 % 10'007) + '\n';
  const std::string packed = tests::gzip(content);
  filesystem_.write_file("/log", packed.substr(0, packed.size() / 2));
  const LogInput input = find_log_input(filesystem_, {"/log"});
  EXPECT_GT(lines_of(input.pieces.at(0)).size(), 1000);
  EXPECT_TRUE(defect_.starts_with("'/log' ends in the middle after ")) << defect_;
}

TEST_F(LogInputTest, directories_are_searched_and_what_is_missing_is_told_of) {
  filesystem_.make_directory("/logs");
  filesystem_.make_directory("/logs/deep");
  filesystem_.write_file("/logs/a.log", "a\n");
  filesystem_.write_file("/logs/.hidden", "no\n");
  filesystem_.write_file("/logs/deep/b.log", "bb\n");
  filesystem_.write_file("/logs/empty.log", "");
  const LogInput input = find_log_input(filesystem_, {"/logs", "/nowhere"});
  EXPECT_EQ(input.file_count, 3);
  EXPECT_EQ(input.size_bytes, 5);
  EXPECT_EQ(input.pieces.size(), 2);
  ASSERT_EQ(input.errors.size(), 1);
  EXPECT_NE(input.errors[0].message.find("/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace sawlog::agent
