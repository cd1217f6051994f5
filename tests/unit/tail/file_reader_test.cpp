#include "agent/tail/file_reader.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "agent/tail/cursor_check.h"
#include "tests/support/compression.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

std::string numbered_lines(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += "line number " + std::to_string(i) + "\n";
  return text;
}

class FileReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<TailedFile> file_with(const std::string& bytes, Compression compression) {
    base::FileId id;
    id.bytes[0] = ++files_;
    path_ = "/f" + std::to_string(files_);
    disk_.write_file(path_, bytes);
    auto content = std::make_shared<Content>();
    content->file = std::move(*disk_.open(path_, base::OpenMode::kRead));
    content->compression = compression;
    auto file = std::make_unique<TailedFile>(id, &source_, 1000, path_, 1);
    file->set_content(content);
    return file;
  }
  std::string read(const TailedFile& file, uint64_t offset, size_t size) {
    std::string bytes(size, '\0');
    const auto count = reader_.read(file, offset, bytes);
    EXPECT_TRUE(count.has_value());
    bytes.resize(count.value_or(0));
    return bytes;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
  parsers::SourceContext source_;
  FileReader reader_;
  uint8_t files_ = 0;
  std::string path_;  // of the last file
};

TEST_F(FileReaderTest, ReadsAtAnyOffset) {
  const std::string text = numbered_lines(100'000);
  const std::vector<std::pair<Compression, std::string>> cases = {
      {Compression::kNone, text},
      {Compression::kGzip, tests::gzip(text)},
      {Compression::kZstd, tests::zstd(text)},
      {Compression::kXz, tests::xz(text)}};
  for (const auto& [compression, bytes] : cases) {
    const auto file = file_with(bytes, compression);
    EXPECT_EQ(read(*file, 0, 100), text.substr(0, 100));
    EXPECT_EQ(read(*file, 50, 100), text.substr(50, 100));
    EXPECT_EQ(read(*file, 1'400'000, 300'000), text.substr(1'400'000, 300'000));
    EXPECT_EQ(read(*file, 1'699'000, 5000), text.substr(1'699'000, 5000));  // a little back
    EXPECT_EQ(read(*file, 7, 1000), text.substr(7, 1000));                  // far back
    EXPECT_EQ(read(*file, text.size() - 5, 100), text.substr(text.size() - 5));
    EXPECT_EQ(read(*file, text.size(), 100), "");
    EXPECT_EQ(read(*file, text.size() + 10, 100), "");
  }
}

TEST_F(FileReaderTest, ForwardInChunksWithAnOverlap) {
  const std::string text = numbered_lines(60'000);
  const auto file = file_with(tests::gzip(text), Compression::kGzip);
  std::mt19937 random(3);
  std::string got;
  while (got.size() < text.size()) {
    const std::string chunk = read(*file, got.size(), 1 + random() % 70'000);
    got += chunk.substr(0, std::max<size_t>(1, chunk.size() * 9 / 10));
  }
  EXPECT_EQ(got, text);
}

TEST_F(FileReaderTest, TellsWhereCompressedContentEnds) {
  const std::string text = numbered_lines(1000);
  const std::string bytes = tests::gzip(text);
  const auto whole = file_with(bytes, Compression::kGzip);
  EXPECT_EQ(whole->content()->findings.end_offset, ContentFindings::kUnknownEnd);
  read(*whole, 0, 10);
  EXPECT_EQ(whole->content()->findings.end_offset, ContentFindings::kUnknownEnd);
  read(*whole, 0, text.size() + 1);
  EXPECT_EQ(whole->content()->findings.end_offset, text.size());
  EXPECT_FALSE(whole->content()->findings.is_incomplete);

  const auto cut = file_with(bytes.substr(0, bytes.size() / 2), Compression::kGzip);
  const std::string got = read(*cut, 0, text.size());
  EXPECT_TRUE(text.starts_with(got));
  EXPECT_EQ(cut->content()->findings.end_offset, got.size());
  EXPECT_TRUE(cut->content()->findings.is_incomplete);
  disk_.write_file(path_, bytes);
  EXPECT_EQ(read(*cut, got.size(), text.size()), text.substr(got.size()));
  EXPECT_EQ(cut->content()->findings.end_offset, text.size());
  EXPECT_FALSE(cut->content()->findings.is_incomplete);
}

TEST_F(FileReaderTest, NeverReadsOtherContentAtAnOldOffset) {
  const auto file = file_with("first content\n", Compression::kNone);
  EXPECT_EQ(read(*file, 0, 100), "first content\n");
  disk_.append_to(path_, "more\n");
  EXPECT_EQ(read(*file, 14, 100), "more\n");
  disk_.truncate_file(path_);
  disk_.append_to(path_, "another content that is longer than the first one\n");
  std::string bytes(100, '\0');
  const auto count = reader_.read(*file, 19, bytes);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(file->content()->findings.is_replaced);
}

TEST_F(FileReaderTest, AContentMustBeginAsItsEvidenceSays) {
  const auto file = file_with("first content\n", Compression::kNone);
  file->set_evidence(evidence_of("first"));
  EXPECT_EQ(read(*file, 0, 100), "first content\n");
  disk_.write_file(path_, "other content\n");
  FileReader another;
  std::string bytes(100, '\0');
  EXPECT_FALSE(another.read(*file, 0, bytes));
}

TEST_F(FileReaderTest, WithoutContentLaterMayHelp) {
  const auto file = file_with("x", Compression::kNone);
  file->set_content(nullptr);
  std::string bytes(100, '\0');
  const auto count = reader_.read(*file, 0, bytes);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, base::ErrorCode::kUnavailable);
}

TEST_F(FileReaderTest, CursorsProveContent) {
  const std::string text = numbered_lines(1000);
  std::string other = text;
  other[0] = 'X';
  const auto gz = file_with(tests::gzip(text), Compression::kGzip);
  const auto plain = file_with(text, Compression::kNone);
  for (const uint64_t offset : {0u, 1u, 255u, 256u, 257u, 10'000u}) {
    const auto cursor = make_cursor(reader_, *plain, offset);
    ASSERT_TRUE(cursor);
    EXPECT_EQ(*cursor, make_cursor(std::string_view(text).substr(0, offset), offset));
    EXPECT_EQ(cursor->hashed_bytes, std::min<uint64_t>(offset, 256));
    EXPECT_EQ(check_cursor(reader_, *gz, *cursor), CursorCheck::kMatches) << offset;
  }
  const Cursor cursor = make_cursor(other.substr(0, 100), 100);
  EXPECT_EQ(check_cursor(reader_, *plain, cursor), CursorCheck::kDiffers);
  const Cursor far = make_cursor("some text", 1'000'000);
  EXPECT_EQ(check_cursor(reader_, *plain, far), CursorCheck::kTooShort);
  EXPECT_EQ(check_cursor(reader_, *gz, far), CursorCheck::kTooShort);
  EXPECT_FALSE(make_cursor(reader_, *plain, 1'000'000));
  plain->set_content(nullptr);
  EXPECT_EQ(check_cursor(reader_, *plain, cursor), CursorCheck::kUnreadable);
}

TEST(SavedPositionsTest, TheLeastIsAcknowledgedTheFurthestProves) {
  base::FileId both;
  both.bytes[0] = 1;
  base::FileId one;
  one.bytes[0] = 2;
  ConsumerState a;
  a.cursors = {{both, {100, 7, 10}}, {one, {50, 8, 10}}};
  ConsumerState b;
  b.cursors = {{both, {200, 9, 10}}};
  const ConsumerState* const states[] = {&a, &b};
  const SavedPositions positions = collect_positions(states);
  EXPECT_EQ(positions.at(both).acknowledged, 100u);
  EXPECT_EQ(positions.at(both).furthest, (Cursor{200, 9, 10}));
  EXPECT_EQ(positions.at(one).acknowledged, 0u);
  EXPECT_EQ(positions.at(one).furthest.offset, 50u);
}

}  // namespace
}  // namespace sawlog::agent
