// Random writes, rotations, looks, partial reads and kills in an order drawn from a seed. What must
// come out: each line once. A failing seed repeats itself: SAWLOG_SEED=n runs that one alone, and
// SAWLOG_SEEDS=n the first n.

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

constexpr int kRotationsMax = 60;
constexpr int kActions = 120;

enum class Rotation : uint8_t { kRename, kCopyTruncate };

class Simulation {
 public:
  Simulation(unsigned seed, Rotation rotation) : random_(seed), rotation_(rotation) {
    disk_.set_inode_reuse(seed % 2 == 0);
    disk_.make_directory("/log");
    rig_.start();
    rig_.look();
    service_ = disk_.open_writer(kLive);
  }

  void run() {
    for (int action = 0; action < kActions; ++action) {
      act();
      clock_.advance_seconds(1);
    }
    if (!is_running_) rig_.start();
    service_.reset();
    rig_.settle();
  }

  void expect_each_line_once(const std::string& what) {
    std::ranges::sort(written_);
    const Lines got = rig_.sorted_lines();
    Lines lost;
    Lines twice;
    std::ranges::set_difference(written_, got, std::back_inserter(lost));
    std::ranges::set_difference(got, written_, std::back_inserter(twice));
    EXPECT_TRUE(lost.empty()) << what << ": lost " << lost.size() << ", first " << lost.front();
    EXPECT_TRUE(twice.empty()) << what << ": twice " << twice.size() << ", first " << twice.front();
  }

 private:
  static constexpr const char* kLive = "/log/app.log";

  void act() {
    switch (random_() % 11) {
      case 0:
      case 1:
        write_lines(1 + static_cast<int>(random_() % 80));
        break;
      case 2:
        rotate();
        break;
      case 3:
        reopen();
        break;
      case 4:
        compress();
        break;
      case 5:
        if (is_running_) rig_.look();
        break;
      case 6:
        if (is_running_) rig_.read(300 + random_() % 5000);
        break;
      case 7:
      case 8:
        if (is_running_) rig_.look_and_read();
        break;
      case 9:
        if (is_running_) rig_.read_in_vain();
        break;
      default:
        if (is_running_) {
          rig_.kill();
        } else {
          rig_.start();
        }
        is_running_ = !is_running_;
    }
  }

  void write_lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      written_.push_back("line " + std::to_string(100'000 + written_.size()) + " of the test");
      text += written_.back() + "\n";
    }
    service_->append(text);
  }

  static std::string rotated(int number) {
    return std::string(kLive) + "." + std::to_string(number);
  }

  void rotate() {
    for (int number = kRotationsMax; number > 0; --number) {
      for (const char* ending : {"", ".gz", ".zst", ".xz"}) {
        const std::string name = rotated(number) + ending;
        if (disk_.exists(name)) disk_.move(name, rotated(number + 1) + ending);
      }
    }
    if (!disk_.exists(kLive)) return;
    if (rotation_ == Rotation::kRename) {
      disk_.move(kLive, rotated(1));
      return;
    }
    disk_.copy_file(kLive, rotated(1));
    if (is_running_ && random_() % 3 == 0) rig_.look_and_read();
    disk_.truncate_file(kLive);
    if (random_() % 3 == 0) write_lines(100);
  }

  void reopen() { service_ = disk_.open_writer(kLive); }

  // The oldest plain one; for a moment both are there.
  void compress() {
    for (int number = kRotationsMax; number > 0; --number) {
      if (!disk_.exists(rotated(number))) continue;
      if (is_running_) {
        rig_.look();  // has a descriptor when the name goes
      } else {
        reopen();  // what is written to an inode without a name while we are down has no holder
      }
      disk_.compress_file(rotated(number),
                          static_cast<tests::FakeFilesystem::Format>(random_() % 3));
      if (is_running_ && random_() % 2 == 0) rig_.look();
      disk_.unlink(rotated(number));
      if (is_running_ && random_() % 2 == 0) {
        write_lines(5);
        rig_.look_and_read();
      }
      // Before a kill the service lets go of it, and we read its end.
      reopen();
      if (is_running_) rig_.look_and_read();
      return;
    }
  }

  std::mt19937 random_;
  const Rotation rotation_;
  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
  TailRig rig_{disk_, clock_, "/log", "/state"};
  std::unique_ptr<tests::FakeFilesystem::Writer> service_;
  bool is_running_ = true;
  Lines written_;
};

unsigned number_of(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

void run_seeds(Rotation rotation) {
  const unsigned only = number_of("SAWLOG_SEED", 0);
  const unsigned first = only > 0 ? only : 1;
  const unsigned last = only > 0 ? only : number_of("SAWLOG_SEEDS", 30);
  for (unsigned seed = first; seed <= last; ++seed) {
    Simulation simulation(seed, rotation);
    simulation.run();
    simulation.expect_each_line_once("seed " + std::to_string(seed));
  }
}

TEST(TailSimulation, Rename) {
  run_seeds(Rotation::kRename);
}

TEST(TailSimulation, CopyTruncate) {
  run_seeds(Rotation::kCopyTruncate);
}

}  // namespace
}  // namespace sawlog::agent
