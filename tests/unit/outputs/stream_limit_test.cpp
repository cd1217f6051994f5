#include "outputs/stream_limit.h"

#include <gtest/gtest.h>

#include "lib/base/clock.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kDay = 86'400 * base::kNsPerSecond;
constexpr int64_t kNoon = 20'000 * kDay + kDay / 2;

StreamLimit restored(size_t streams_max, const std::vector<std::string>& states) {
  StreamLimit limit(streams_max);
  EXPECT_TRUE(limit.restore(states));
  return limit;
}

std::string saved(StreamLimit& limit, SaveKind kind) {
  std::string state = limit.save_state(kind);
  limit.saved();
  return state;
}

TEST(StreamLimit, AdmitsSoManyAndThoseAgain) {
  StreamLimit limit(2);
  (void)limit.begin_day(kNoon);
  EXPECT_TRUE(limit.admits("a"));
  EXPECT_TRUE(limit.admits("b"));
  EXPECT_FALSE(limit.admits("c"));
  EXPECT_TRUE(limit.admits("a"));
  EXPECT_EQ(limit.stream_count(), 2);
}

TEST(StreamLimit, AnewEachDay) {
  StreamLimit limit(1);
  EXPECT_TRUE(limit.begin_day(kNoon));
  EXPECT_TRUE(limit.admits("a"));
  EXPECT_FALSE(limit.begin_day(kNoon + kDay / 2 - 1));
  EXPECT_FALSE(limit.admits("b"));
  EXPECT_TRUE(limit.begin_day(kNoon + kDay / 2));
  EXPECT_TRUE(limit.admits("b"));
  EXPECT_FALSE(limit.begin_day(kNoon)) << "a late record";
  EXPECT_FALSE(limit.admits("a"));
}

TEST(StreamLimit, WantsToBeSavedWhenItAdmits) {
  StreamLimit limit(1);
  (void)limit.begin_day(kNoon);
  EXPECT_FALSE(limit.needs_save());
  (void)limit.admits("a");
  EXPECT_TRUE(limit.needs_save());
  (void)limit.save_state(SaveKind::kDelta);
  EXPECT_TRUE(limit.needs_save()) << "not yet durable";
  limit.saved();
  EXPECT_FALSE(limit.needs_save());
  (void)limit.admits("b");
  EXPECT_FALSE(limit.needs_save()) << "refused";
}

TEST(StreamLimit, KnowsAfterACrashWhatWasSaved) {
  StreamLimit limit(3);
  (void)limit.begin_day(kNoon);
  (void)limit.admits("a");
  std::vector<std::string> states = {"", saved(limit, SaveKind::kFull)};
  (void)limit.admits("b");
  states.push_back(saved(limit, SaveKind::kDelta));
  (void)limit.admits("c");  // not saved: not used
  StreamLimit again = restored(2, states);
  EXPECT_FALSE(again.begin_day(kNoon));
  EXPECT_FALSE(again.admits("c"));
  EXPECT_TRUE(again.admits("a"));
  EXPECT_TRUE(again.admits("b"));
  EXPECT_FALSE(again.needs_save());
}

TEST(StreamLimit, ALaterDayInTheStateBeginsAnew) {
  StreamLimit limit(1);
  (void)limit.begin_day(kNoon);
  (void)limit.admits("a");
  std::vector<std::string> states = {saved(limit, SaveKind::kFull)};
  (void)limit.begin_day(kNoon + kDay);
  (void)limit.admits("b");
  states.push_back(saved(limit, SaveKind::kDelta));
  StreamLimit again = restored(1, states);
  EXPECT_TRUE(again.admits("b"));
  EXPECT_FALSE(again.admits("a"));
}

TEST(StreamLimit, RefusesAStateThatIsNone) {
  for (const char* const state : {"x", "1 z", "1 2 ", "1  2"}) {
    StreamLimit limit(1);
    const bool is_fine = limit.restore(std::vector<std::string>{state}).has_value();
    EXPECT_EQ(is_fine, std::string_view(state) == "1 2 ") << state;
  }
}

}  // namespace
}  // namespace sawlog::outputs
