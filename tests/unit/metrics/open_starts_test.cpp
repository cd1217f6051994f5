#include "agent/metrics/open_starts.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

TEST(OpenStarts, HoldsWhatAMapWouldHold) {
  std::mt19937_64 random(1);  // NOLINT: the same in every run
  OpenStarts open;
  std::map<OpenKey, int64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    // Few different low halves, so that many keys want the same slot.
    const OpenKey key{random() % 8, random() % 60};
    const auto time = static_cast<int64_t>(random() % 1'000);
    if (random() % 2 == 0) {
      EXPECT_TRUE(open.insert({key, 0, time}));
      model[key] = time;
    } else {
      EXPECT_EQ(open.remove(key).has_value(), model.erase(key) == 1);
    }
    ASSERT_EQ(open.size(), model.size());
    const OpenKey other{random() % 8, random() % 60};
    const OpenStart* const found = open.find(other);
    ASSERT_EQ(found != nullptr, model.contains(other));
    if (found != nullptr) {
      EXPECT_EQ(found->time_unix_ns, model[other]);
    }
  }
  size_t old = 0;
  for (const auto& [key, time] : model) old += time < 500 ? 1 : 0;
  EXPECT_EQ(open.before(500).size(), old);
}

TEST(OpenStarts, NoMoreThanTheirLimit) {
  OpenStarts open;
  for (uint64_t i = 0; i < OpenStarts::kCountMax; ++i) EXPECT_TRUE(open.insert({{i, i}, 0, 7}));
  EXPECT_FALSE(open.insert({{1, 0}, 0, 7}));
  EXPECT_TRUE(open.insert({{1, 1}, 0, 9}));  // again is fine
  EXPECT_TRUE(open.remove({2, 2}).has_value());
  EXPECT_TRUE(open.insert({{1, 0}, 0, 7}));
}

TEST(OpenStarts, EachChangedKeyOnce) {
  OpenStarts open;
  EXPECT_TRUE(open.insert({{2, 0}, 0, 1}));
  EXPECT_TRUE(open.insert({{1, 0}, 0, 1}));
  EXPECT_TRUE(open.remove({2, 0}).has_value());
  EXPECT_EQ(open.changes(), (std::vector<OpenKey>{{1, 0}, {2, 0}}));
  open.forget_changes();
  EXPECT_FALSE(open.has_changes());
}

}  // namespace
}  // namespace sawlog::agent
