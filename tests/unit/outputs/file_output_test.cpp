#include "outputs/file_output.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "lib/base/posix_filesystem.h"
#include "tests/unit/outputs/file_output_fixture.h"

namespace sawlog::outputs {
namespace {

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

TEST(FileOutput, RotatesByAge) {
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  FileOptions options = small_options(FrameFormat::kZstd);
  options.rotate_age_ns = 60 * base::kNsPerSecond;
  Consumer consumer(disk, clock, options);
  ASSERT_TRUE(consumer.start());
  consumer.save();
  const auto deliver_one = [&] {
    consumer.give(1);
    consumer.output().drain();
    (void)consumer.output().step();
  };
  deliver_one();
  consumer.save();
  clock.advance_seconds(59);
  deliver_one();
  EXPECT_GT(consumer.output().save_delay_ns(), 0);
  clock.advance_seconds(1);
  EXPECT_EQ(consumer.output().step().at_monotonic_ns, INT64_MAX) << "no line, no file";
  EXPECT_EQ(consumer.output().save_delay_ns(), 0) << "the next file waits for the save";
  deliver_one();
  EXPECT_FALSE(disk.exists("/out/log.000001"));
  consumer.save();
  (void)consumer.output().step();
  EXPECT_EQ(numbers_in(read_zstd(disk.content("/out/log"))), numbers_to(2));
  EXPECT_EQ(numbers_in(read_zstd(disk.content("/out/log.000001"))), (std::vector<int>{2}));

  consumer.save();
  clock.advance_seconds(60);
  ASSERT_TRUE(consumer.start());
  deliver_one();
  EXPECT_EQ(numbers_in(read_zstd(disk.content("/out/log.000002"))), (std::vector<int>{3}))
      << "its age is known over a restart";
}

TEST(FileOutput, AClockThatIsSetBackEndsTheFile) {
  struct WallClock final : base::Clock {
    [[nodiscard]] int64_t unix_ns() const override { return wall_ns; }
    [[nodiscard]] int64_t monotonic_ns() const override { return base::kNsPerSecond; }
    int64_t wall_ns = tests::FakeClock::kStartUnixNs;
  } clock;
  tests::FakeClock of_disk;
  tests::FakeFilesystem disk(of_disk);
  FileOptions options = small_options(FrameFormat::kNone);
  options.rotate_age_ns = 60 * base::kNsPerSecond;
  Consumer consumer(disk, clock, options);
  ASSERT_TRUE(consumer.start());
  consumer.save();
  for (const int back_seconds : {0, 3600, 0}) {
    clock.wall_ns -= back_seconds * base::kNsPerSecond;
    consumer.give(1);
    consumer.output().drain();
    (void)consumer.output().step();
    consumer.save();
  }
  EXPECT_EQ(numbers_in(disk.content("/out/log")), numbers_to(1));
  EXPECT_EQ(numbers_in(disk.content("/out/log.000001")), (std::vector<int>{1, 2}));
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
void run_with_crash(const FileOptions& options, uint64_t fault, uint64_t kept_bytes,
                    bool is_power_cut, int steps_per_save) {
  SCOPED_TRACE("fault at change " + std::to_string(fault) + ", kept " + std::to_string(kept_bytes) +
               ", power cut " + std::to_string(is_power_cut) + ", steps per save " +
               std::to_string(steps_per_save));
  constexpr size_t kLines = 40;
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  disk.make_directory("/out");
  Consumer consumer(disk, clock, options);
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
  EXPECT_EQ(numbers_in(read_lines(options.format, all_bytes(disk))), numbers_to(kLines));
  EXPECT_GT(disk.list("/out")->size(), 1);
  EXPECT_TRUE(consumer.output().take_notices().empty());
}

TEST(FileOutput, EachLineStandsOnceAfterACrashAtAnyChange) {
  const FileOptions none = small_options(FrameFormat::kNone);
  const FileOptions zstd = small_options(FrameFormat::kZstd);
  const FileOptions gzip = small_options(FrameFormat::kGzip);
  FileOptions by_age = zstd;
  by_age.rotate_bytes = 1 << 20;
  by_age.rotate_age_ns = 120 * base::kNsPerSecond;  // two steps
  for (uint64_t fault = 0; fault < 60; ++fault) {
    for (const int steps_per_save : {1, 3}) {
      run_with_crash(none, fault, 0, true, steps_per_save);
      run_with_crash(none, fault, 50, true, steps_per_save);
      run_with_crash(zstd, fault, 10, true, steps_per_save);
      run_with_crash(zstd, fault, 0, false, steps_per_save);
      run_with_crash(gzip, fault, 10, false, steps_per_save);
      run_with_crash(by_age, fault, 10, true, steps_per_save);
      run_with_crash(by_age, fault, 0, false, steps_per_save);
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
