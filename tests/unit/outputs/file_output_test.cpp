#include "outputs/file_output.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/posix_filesystem.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/text_chunk.h"

namespace sawlog::outputs {
namespace {

std::string read_zstd(const std::string& text) {
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  std::string out;
  size_t result = 0;
  while (input.pos < input.size) {
    char room[4096];
    ZSTD_outBuffer output{room, sizeof(room), 0};
    result = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(result)) return "broken frame";
    out.append(room, output.pos);
  }
  return result == 0 ? out : "incomplete frame";
}

std::string read_gzip(const std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return "no memory";
    std::string input(rest);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    int result = Z_OK;
    while (result == Z_OK) {
      char room[4096];
      stream.next_out = reinterpret_cast<Bytef*>(room);
      stream.avail_out = sizeof(room);
      result = inflate(&stream, Z_NO_FLUSH);
      out.append(room, sizeof(room) - stream.avail_out);
    }
    rest.remove_prefix(rest.size() - stream.avail_in);
    inflateEnd(&stream);
    if (result != Z_STREAM_END) return "broken member";
  }
  return out;
}

std::string read_lines(FrameFormat format, const std::string& text) {
  if (format == FrameFormat::kZstd) return read_zstd(text);
  if (format == FrameFormat::kGzip) return read_gzip(text);
  return text;
}

// Line i of a log file.
std::string line(size_t i) {
  return R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.level":"info","message":"m","n":)" +
         std::to_string(i) + "}\n";
}

// The numbers n of NDJSON lines; -1 for a line that is none of ours.
std::vector<int> numbers_in(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);) {
    const size_t at = each.find("\"n\":");
    numbers.push_back(at == std::string::npos ? -1 : std::stoi(each.substr(at + 4)));
  }
  return numbers;
}

std::vector<int> numbers_to(size_t count) {
  std::vector<int> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<int>(i);
  return numbers;
}

// What the consumer does, for one file of numbered lines: the cursor moves over settled lines, and
// is saved together with the output's state.
class Consumer final : public DeliverySink {
 public:
  Consumer(base::Filesystem& disk, const base::Clock& clock, FileOptions options)
      : disk_(disk), clock_(clock), options_(std::move(options)) {}

  [[nodiscard]] bool start() {
    output_.reset();
    output_ = std::make_unique<FileOutput>(disk_, clock_, options_);
    next_ = cursor_ = saved_cursor_;
    const std::vector<std::string> states =
        has_state_ ? std::vector{saved_state_} : std::vector<std::string>{};
    return output_->restore(states).has_value();
  }
  void stop() { output_.reset(); }

  void give(size_t lines) {
    std::string text;
    for (size_t i = 0; i < lines; ++i) text += line(next_ + i);
    test::TextChunk chunk(text);
    chunk.source.enrich = false;
    (void)output_->handle(chunk.chunk,
                          Delivery(this, {chunk.chunk.file, next_, next_ + lines, lines}));
    next_ += lines;
  }
  // true: the state was saved
  bool save_if_wanted() {
    if (!output_->wants_save()) return false;
    save();
    return true;
  }
  void save() {
    saved_state_ = output_->save_state(SaveKind::kFull);
    has_state_ = true;
    saved_cursor_ = cursor_;
    output_->saved();
  }

  void settled(const LineRange& range, const Outcome& outcome) override {
    EXPECT_EQ(range.begin, cursor_);
    EXPECT_EQ(outcome.delivered, range.line_count);
    cursor_ = range.end;
  }
  void unknown(const LineRange&) override {}

  FileOutput& output() { return *output_; }
  [[nodiscard]] size_t cursor() const { return cursor_; }
  [[nodiscard]] size_t next() const { return next_; }

 private:
  base::Filesystem& disk_;
  const base::Clock& clock_;
  const FileOptions options_;
  std::unique_ptr<FileOutput> output_;
  size_t next_ = 0;
  size_t cursor_ = 0;
  size_t saved_cursor_ = 0;
  std::string saved_state_;
  bool has_state_ = false;
};

FileOptions small_options(FrameFormat format) {
  FileOptions options;
  options.path = "/out/log";
  options.format = format;
  options.rotate_bytes = 700;
  options.rotate_keep = 1000;
  options.batch.bytes_max = 300;
  return options;
}

std::string all_bytes(tests::FakeFilesystem& disk) {
  std::vector<std::string> names;
  const auto listed = disk.list("/out");
  for (const auto& entry : *listed) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  std::string bytes;
  for (const std::string& name : names) bytes += disk.content("/out/" + name);
  return bytes;
}

constexpr FrameFormat kFormats[] = {FrameFormat::kNone, FrameFormat::kGzip, FrameFormat::kZstd};

TEST(FileOutput, WritesWholeFramesInOrderOverRotation) {
  for (const FrameFormat format : kFormats) {
    tests::FakeClock clock;
    tests::FakeFilesystem disk(clock);
    Consumer consumer(disk, clock, small_options(format));
    ASSERT_TRUE(consumer.start());
    for (int step = 0; consumer.cursor() < 100; ++step) {
      ASSERT_LT(step, 200);
      consumer.save_if_wanted();
      while (consumer.next() < 100 && consumer.output().wants_more()) consumer.give(2);
      consumer.output().drain();
      (void)consumer.output().step();
      EXPECT_EQ(numbers_in(read_lines(format, all_bytes(disk))), numbers_to(consumer.cursor()))
          << "readable at any moment, and never less than what is settled";
      consumer.save();
    }
    EXPECT_GT(disk.list("/out")->size(), 1);
  }
}

TEST(FileOutput, WaitsForAgeOrBytes) {
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  Consumer consumer(disk, clock, small_options(FrameFormat::kZstd));
  ASSERT_TRUE(consumer.start());
  consumer.save();
  EXPECT_EQ(consumer.output().step().at_monotonic_ns, INT64_MAX);
  consumer.give(1);
  EXPECT_EQ(consumer.output().step().at_monotonic_ns, clock.monotonic_ns() + base::kNsPerSecond);
  EXPECT_EQ(consumer.cursor(), 0);
  clock.advance_seconds(1);
  (void)consumer.output().step();
  EXPECT_EQ(consumer.cursor(), 1);
  consumer.give(4);
  EXPECT_FALSE(consumer.output().wants_more());
  (void)consumer.output().step();
  EXPECT_EQ(consumer.cursor(), 5);
}

TEST(FileOutput, RotatesOnASavedBoundaryOnly) {
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  FileOptions options = small_options(FrameFormat::kNone);
  options.rotate_bytes = 10;
  Consumer consumer(disk, clock, options);
  ASSERT_TRUE(consumer.start());
  consumer.save();
  consumer.give(4);
  (void)consumer.output().step();
  EXPECT_EQ(consumer.output().save_delay_ns(), 0) << "the next file waits for the save";
  consumer.give(4);
  (void)consumer.output().step();
  EXPECT_EQ(consumer.cursor(), 4);
  EXPECT_FALSE(disk.exists("/out/log.000001"));
  consumer.save();
  (void)consumer.output().step();
  EXPECT_EQ(consumer.cursor(), 8);
  EXPECT_TRUE(disk.exists("/out/log.000001"));
}

TEST(FileOutput, AFullDiskPausesAndLosesNothing) {
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  Consumer consumer(disk, clock, small_options(FrameFormat::kZstd));
  ASSERT_TRUE(consumer.start());
  consumer.save();
  disk.set_free_bytes(20);
  consumer.give(4);
  const Wake wake = consumer.output().step();
  EXPECT_GT(wake.at_monotonic_ns, clock.monotonic_ns());
  EXPECT_EQ(consumer.output().health().state, Health::State::kPaused);
  EXPECT_NE(consumer.output().health().reason.find("No space left"), std::string::npos);
  EXPECT_FALSE(consumer.output().wants_more());
  EXPECT_EQ(all_bytes(disk), "");
  (void)consumer.output().step();  // too early: not tried
  EXPECT_EQ(consumer.output().counters().retries, 1);
  disk.set_free_bytes(UINT64_MAX);
  clock.advance_ns(wake.at_monotonic_ns - clock.monotonic_ns());
  (void)consumer.output().step();
  EXPECT_EQ(consumer.output().health().state, Health::State::kUp);
  EXPECT_EQ(numbers_in(read_zstd(all_bytes(disk))), numbers_to(4));
}

// One run with a fault: the change number `fault` and all after it fail, then the power goes (or
// only the agent dies). Afterwards the agent starts again and carries on.
void run_with_crash(FrameFormat format, uint64_t fault, uint64_t kept_bytes, bool is_power_cut,
                    int steps_per_save) {
  SCOPED_TRACE("fault at change " + std::to_string(fault) + ", kept " + std::to_string(kept_bytes) +
               ", power cut " + std::to_string(is_power_cut) + ", steps per save " +
               std::to_string(steps_per_save));
  constexpr size_t kLines = 40;
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  disk.make_directory("/out");
  Consumer consumer(disk, clock, small_options(format));
  const auto run = [&](bool until_fault) {
    int steps = 0;
    while (consumer.cursor() < kLines && steps < 200) {
      if (!consumer.save_if_wanted() && steps % steps_per_save == 0) consumer.save();
      while (consumer.next() < kLines && consumer.output().wants_more()) consumer.give(2);
      consumer.output().drain();
      (void)consumer.output().step();
      if (until_fault && disk.change_count() > fault) return;
      clock.advance_seconds(60);
      ++steps;
    }
  };
  disk.fail_change(fault, EIO, true);
  if (consumer.start()) run(true);
  consumer.stop();
  if (is_power_cut) disk.crash(kept_bytes);
  disk.fail_change(UINT64_MAX, 0);
  ASSERT_TRUE(consumer.start());
  run(false);
  EXPECT_EQ(numbers_in(read_lines(format, all_bytes(disk))), numbers_to(kLines));
  EXPECT_TRUE(consumer.output().take_notices().empty());
}

TEST(FileOutput, EachLineStandsOnceAfterACrashAtAnyChange) {
  for (uint64_t fault = 0; fault < 60; ++fault) {
    for (const int steps_per_save : {1, 3}) {
      run_with_crash(FrameFormat::kNone, fault, 0, true, steps_per_save);
      run_with_crash(FrameFormat::kNone, fault, 50, true, steps_per_save);
      run_with_crash(FrameFormat::kZstd, fault, 10, true, steps_per_save);
      run_with_crash(FrameFormat::kZstd, fault, 0, false, steps_per_save);
      run_with_crash(FrameFormat::kGzip, fault, 10, false, steps_per_save);
    }
  }
}

TEST(FileOutput, EachLineStandsOnceAfterOneFailedCall) {
  for (uint64_t fault = 0; fault < 60; ++fault) {
    SCOPED_TRACE(fault);
    tests::FakeClock clock;
    tests::FakeFilesystem disk(clock);
    disk.make_directory("/out");
    Consumer consumer(disk, clock, small_options(FrameFormat::kZstd));
    ASSERT_TRUE(consumer.start());
    disk.fail_change(fault, ENOSPC);
    for (int step = 0; step < 200 && consumer.cursor() < 40; ++step) {
      if (!consumer.save_if_wanted()) consumer.save();
      while (consumer.next() < 40 && consumer.output().wants_more()) consumer.give(2);
      consumer.output().drain();
      (void)consumer.output().step();
      clock.advance_seconds(60);
    }
    EXPECT_EQ(numbers_in(read_zstd(all_bytes(disk))), numbers_to(40));
  }
}

TEST(FileOutput, OnTheRealFilesystem) {
  std::string directory = testing::TempDir() + "file_output.XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  tests::FakeClock clock;
  base::PosixFilesystem disk;
  FileOptions options = small_options(FrameFormat::kZstd);
  options.path = directory + "/sub/log.ndjson.zst";
  Consumer consumer(disk, clock, options);
  for (int run = 1; run <= 5; ++run) {
    ASSERT_TRUE(consumer.start());
    for (int step = 0; consumer.cursor() < 20u * static_cast<size_t>(run); ++step) {
      ASSERT_LT(step, 100);
      consumer.save_if_wanted();
      if (consumer.output().wants_more()) consumer.give(4);
      (void)consumer.output().step();
      if (consumer.output().save_delay_ns() == 0) consumer.save();
    }
    consumer.stop();  // as kill -9: what was not saved is cut off by the next start
  }
  ASSERT_TRUE(consumer.start());
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/sub")) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_GT(paths.size(), 1);
  std::stringstream bytes;
  for (const std::string& path : paths) bytes << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(numbers_in(read_zstd(bytes.str())), numbers_to(consumer.cursor()));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sawlog::outputs
