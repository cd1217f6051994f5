// Tail on a disk in memory, with one consumer that reads everything it is shown and notes each
// line.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/tail/cursor_check.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/tail.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {

using Lines = std::vector<std::string>;

class TailRig {
 public:
  explicit TailRig(base::Filesystem& disk, tests::FakeClock& clock, std::string log_directory,
                   std::string state_directory)
      : disk_(disk), clock_(clock), state_directory_(std::move(state_directory)) {
    context_.name = "app";
    source_.context = &context_;
    source_.paths = {log_directory + "/*.log"};
  }

  TailSource& source() { return source_; }
  TailOptions& options() { return options_; }

  void start() {
    options_.state_dir = state_directory_;
    options_.consumer_count = 1;
    const ConsumerState* const states[] = {&saved_};
    options_.positions = collect_positions(states);
    options_.report = [this](const TailEvent& event) { events_.push_back(event); };
    table_ = std::make_unique<FileTable>();
    reader_ = std::make_unique<FileReader>();
    auto tail = Tail::open(disk_, clock_, *table_, {source_}, options_);
    ASSERT_TRUE(tail.has_value()) << tail.error().message;
    tail_ = std::move(*tail);
  }
  // kill -9: what was acknowledged is saved, the rest is forgotten.
  void kill() {
    tail_.reset();
    reader_.reset();
    table_.reset();
    listed_.clear();
  }
  void restart() {
    kill();
    start();
  }

  // A reload: other globs, no consumer changes.
  void reconfigure(std::vector<std::string> paths, std::vector<std::string> exclude = {}) {
    source_.paths = std::move(paths);
    source_.exclude = std::move(exclude);
    tail_->reconfigure({source_}, {0});
  }

  void look() {
    clock_.advance_seconds(1);
    const auto next = tail_->step();
    ASSERT_TRUE(next.has_value()) << next.error().message;
  }
  // Reads what there is, up to `bytes` of each file, and acknowledges it.
  void read(uint64_t bytes = UINT64_MAX) {
    const auto files = table_->snapshot();
    std::erase_if(listed_, [&](const base::FileId& id) {
      if (std::ranges::any_of(*files, [&](const auto& file) { return file->id() == id; })) {
        return false;
      }
      saved_.cursors.erase(id);  // as consumers do when a file has left the table
      return true;
    });
    for (const auto& file : *files) {
      listed_.insert(file->id());
      read_file(*file, bytes);
    }
  }
  // Reads everything, but nothing arrives: the output is down.
  void read_in_vain() {
    const auto files = table_->snapshot();
    for (const auto& file : *files) {
      std::string text(1u << 20, '\0');
      for (uint64_t offset = 0; may_read(*file, offset);) {
        const auto count = reader_->read(*file, offset, text);
        if (!count || *count == 0) break;
        offset += *count;
      }
    }
  }
  void look_and_read() {
    look();
    read();
  }
  // Until nothing changes any more.
  void settle() {
    for (int i = 0; i < 15; ++i) look_and_read();
  }

  [[nodiscard]] Lines lines() const { return lines_; }
  [[nodiscard]] Lines sorted_lines() const {
    Lines sorted = lines_;
    std::ranges::sort(sorted);
    return sorted;
  }
  [[nodiscard]] size_t file_count() const { return table_->snapshot()->size(); }
  [[nodiscard]] std::shared_ptr<TailedFile> file(size_t index = 0) const {
    return table_->snapshot()->at(index);
  }
  [[nodiscard]] const TailCounters& counters() const { return tail_->counters(); }
  [[nodiscard]] Tail& tail() { return *tail_; }
  [[nodiscard]] const std::vector<TailEvent>& events() const { return events_; }
  [[nodiscard]] std::vector<std::string> errors() const {
    std::vector<std::string> messages;
    for (const TailEvent& event : events_) {
      if (event.level == TailEvent::Level::kError) messages.push_back(event.message);
    }
    return messages;
  }

 private:
  // As TailedFile::size_bytes() wants it.
  static bool may_read(const TailedFile& file, uint64_t offset) {
    const auto content = file.content();
    if (content == nullptr) return false;
    return content->compression != Compression::kNone || offset < file.size_bytes();
  }

  void read_file(TailedFile& file, uint64_t bytes) {
    const auto saved = saved_.cursors.find(file.id());
    uint64_t offset = saved == saved_.cursors.end() ? file.start_offset() : saved->second.offset;
    const bool is_final = file.end_is_final();
    if (!may_read(file, offset)) return;
    std::string text(std::min<uint64_t>(bytes, 1u << 20), '\0');
    const auto count = reader_->read(file, offset, text);
    if (!count) return;
    text.resize(*count);
    size_t end = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    if (is_final && bytes == UINT64_MAX) end = text.size();
    if (end == 0) return;
    for (size_t begin = 0; begin < end;) {
      const size_t line_end = std::min(text.find('\n', begin), end);
      lines_.push_back(text.substr(begin, line_end - begin));
      begin = line_end + 1;
    }
    offset += end;
    const auto cursor = make_cursor(*reader_, file, offset);
    ASSERT_TRUE(cursor.has_value()) << cursor.error().message;
    saved_.cursors[file.id()] = *cursor;
    file.set_acknowledged(0, *cursor);
  }

  base::Filesystem& disk_;
  tests::FakeClock& clock_;
  const std::string state_directory_;
  parsers::SourceContext context_;
  TailSource source_;
  TailOptions options_;
  std::unique_ptr<FileTable> table_;
  std::unique_ptr<FileReader> reader_;
  std::unique_ptr<Tail> tail_;
  ConsumerState saved_;
  std::unordered_set<base::FileId> listed_;
  Lines lines_;
  std::vector<TailEvent> events_;
};

// With the disk, and a service that writes numbered lines.
class TailTest : public ::testing::Test {
 protected:
  TailTest() { disk_.make_directory("/log"); }

  // The next lines of the service, to be written somewhere.
  std::string next_lines(int count = 10) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string line = "line " + std::to_string(100'000 + line_count_++) + " of the test";
      written_.push_back(line);
      text += line + "\n";
    }
    return text;
  }
  // Enough that the evidence is full.
  std::string next_block() { return next_lines(60); }

  // Every line once, in any order between files.
  void expect_all_once() {
    Lines want = written_;
    std::ranges::sort(want);
    EXPECT_EQ(rig_.sorted_lines(), want);
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
  TailRig rig_{disk_, clock_, "/log", "/state"};
  Lines written_;
  int line_count_ = 0;
};

}  // namespace sawlog::agent
