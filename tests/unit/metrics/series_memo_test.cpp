#include "agent/metrics/series_memo.h"

#include <random>

#include <gtest/gtest.h>

#include "agent/metrics/series_table.h"

namespace sawlog::agent {
namespace {

// Label values with what SeriesMemo reads behind them, which is never the same.
class Values {
 public:
  explicit Values(std::vector<std::string> values) : sizes_(values.size()) {
    static int slack = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      sizes_[i] = values[i].size();
      padded_.push_back(
          values[i] + std::string(SeriesMemo::kSlackBytes, static_cast<char>('a' + slack++ % 26)));
      key_.append(values[i]);
    }
  }
  void give(SeriesMemo& memo) const {
    memo.clear();
    for (size_t i = 0; i < padded_.size(); ++i)
      memo.append(std::string_view(padded_[i]).substr(0, sizes_[i]), i == 1);
  }
  [[nodiscard]] std::string_view key() const { return key_.bytes(); }

 private:
  std::vector<size_t> sizes_;
  std::vector<std::string> padded_;
  LabelKey key_;
};

uint32_t find(SeriesMemo& memo, const Values& values) {
  values.give(memo);
  return memo.find();
}

TEST(SeriesMemo, KnowsWhatItWasTold) {
  SeriesTable table;
  SeriesMemo memo;
  const Values values({"GET", "/api/v1/orders/{id}", "200"});
  EXPECT_EQ(find(memo, values), SeriesMemo::kNone);
  ASSERT_EQ(table.insert(values.key()), 0);
  memo.note(0, table.key(0), 1);
  EXPECT_EQ(find(memo, values), 0);
  EXPECT_EQ(find(memo, Values({"GET", "/api/v1/orders/{id}", "200"})), 0);
  EXPECT_EQ(find(memo, Values({"GET", "/api/v1/orders/{id}", "201"})), SeriesMemo::kNone);
  EXPECT_EQ(find(memo, Values({"GET", "/api/v1/orders/{id}x", "200"})), SeriesMemo::kNone);
  EXPECT_EQ(find(memo, Values({"GET", "/api/v1/orders/{id}"})), SeriesMemo::kNone);
  EXPECT_EQ(find(memo, Values({"", "", ""})), SeriesMemo::kNone);
}

TEST(SeriesMemo, LongValuesAreNotRemembered) {
  SeriesTable table;
  SeriesMemo memo;
  for (const size_t size : {31u, 32u, 33u, 300u}) {
    const Values values({"GET", std::string(size, 'x'), "200"});
    EXPECT_EQ(find(memo, values), SeriesMemo::kNone) << size;
    const uint32_t series = table.insert(values.key());
    memo.note(series, table.key(series), table.size());
    const bool is_short = size <= SeriesMemo::kValueBytesMax;
    EXPECT_EQ(find(memo, values), is_short ? series : SeriesMemo::kNone) << size;
  }
}

// A key of which a value was changed (cut, made printable) is not the values' own.
TEST(SeriesMemo, AKeyOfOtherValuesIsNotRemembered) {
  SeriesTable table;
  SeriesMemo memo;
  const Values values({"\xff", "/"});
  values.give(memo);
  table.insert(Values({"?", "/"}).key());
  memo.note(0, table.key(0), 1);
  EXPECT_EQ(find(memo, values), SeriesMemo::kNone);
}

// Never another's series, whatever shares a place.
TEST(SeriesMemo, OfManySeriesNeverAnother) {
  std::mt19937 random(7);
  SeriesTable table;
  SeriesMemo memo;
  size_t found_count = 0;
  for (size_t i = 0; i < 20'000; ++i) {
    std::vector<std::string> parts;
    for (const size_t letters : {2u, 3u, 0u})
      parts.emplace_back(random() % 3 * 17, static_cast<char>('a' + random() % (letters + 1)));
    const Values values(parts);
    const uint32_t known = table.find(values.key());
    const uint32_t found = find(memo, values);
    if (found != SeriesMemo::kNone) {
      ++found_count;
      ASSERT_EQ(found, known);
      continue;
    }
    const uint32_t series = known != SeriesTable::kNone ? known : table.insert(values.key());
    memo.note(series, table.key(series), table.size());
  }
  EXPECT_GT(found_count, 1'000u);
}

}  // namespace
}  // namespace sawlog::agent
