#include "agent/dashboard/history.h"

#include <cmath>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace sawlog::agent {
namespace {

constexpr int64_t kStart = 1'800'000'000;  // a whole step of every resolution

HistoryPoint counter(double value, std::string group = "") {
  return {"requests_total", std::move(group), SeriesKind::kCounter, {value}, {}};
}

class HistoryTest : public testing::Test {
 protected:
  void add(std::vector<HistoryPoint> points, int64_t second) {
    history.add(points, kStart + second);
  }

  // A column of the only series with this name and group; NaN for null.
  std::vector<double> column(const char* name, const char* which, int64_t seconds,
                             std::string_view group = "") {
    simdjson::dom::parser parser;
    const auto answer = parser.parse(history.json(seconds, kStart));
    std::vector<double> values;
    for (const auto series : answer["series"].get_array()) {
      if (series["name"].get_string().value() != name) continue;
      if (series["group"].get_string().value() != group) continue;
      for (const auto value : series[which].get_array()) {
        values.push_back(value.is_null() ? NAN : value.get_double().value());
      }
    }
    return values;
  }

  // How many values there are, and their sum.
  static std::pair<size_t, double> some(const std::vector<double>& values) {
    std::pair<size_t, double> found;
    for (const double value : values) {
      if (std::isnan(value)) continue;
      ++found.first;
      found.second += value;
    }
    return found;
  }

  History history;
};

TEST_F(HistoryTest, ASampleIsDueOnceInAStep) {
  EXPECT_TRUE(history.is_due(kStart));
  EXPECT_FALSE(history.is_due(kStart + 4));
  EXPECT_TRUE(history.is_due(kStart + 5));
}

TEST_F(HistoryTest, ACountersRateIsWhatItRoseASecond) {
  for (int i = 0; i <= 4; ++i) add({counter(1000 + 10 * i * i)}, 5 * i);
  const auto rates = column("requests_total", "rate", 20);
  // what it had before anybody looked did not happen in the first step
  ASSERT_EQ(rates.size(), 4);
  EXPECT_EQ(rates, (std::vector<double>{0, 2, 6, 10}));
}

TEST_F(HistoryTest, ASeriesThatIsNewBeganAtZero) {
  add({counter(1, "200")}, 0);
  add({counter(1, "200"), counter(5, "500")}, 5);
  add({counter(1, "200"), counter(5, "500")}, 10);
  EXPECT_EQ(some(column("requests_total", "rate", 15, "500")), (std::pair<size_t, double>{1, 1}));
}

TEST_F(HistoryTest, StepsWithoutASampleAreEmpty) {
  add({counter(0)}, 0);
  add({counter(50)}, 25);
  add({counter(50)}, 30);
  const auto rates = column("requests_total", "rate", 30);
  ASSERT_EQ(rates.size(), 6);
  EXPECT_EQ(rates[0], 0);
  for (int i = 1; i < 5; ++i) EXPECT_TRUE(std::isnan(rates[i])) << i;
  EXPECT_EQ(rates[5], 10);
}

TEST_F(HistoryTest, EveryIncreaseIsInEveryResolutionOnce) {
  double total = 0;
  for (int second = 0; second <= 4 * 3600; second += 5) {
    add({counter(total)}, second);
    total += second % 7;
  }
  // by the finest: only the last 15 minutes; by the others all but what is being filled
  const auto minutes = column("requests_total", "rate", 4 * 3600);
  EXPECT_EQ(minutes.size(), 240);
  double expected = 0;
  for (int second = 0; second < 4 * 3600 - 5; second += 5) expected += second % 7;
  EXPECT_NEAR(some(minutes).second * 60, expected, 1e-3 * expected);
  EXPECT_NEAR(some(column("requests_total", "rate", 24 * 3600)).second * 600, expected,
              1e-3 * expected);
  EXPECT_EQ(column("requests_total", "rate", 600).size(), 120);
}

TEST_F(HistoryTest, TheOldestGoesFirst) {
  for (int second = 0; second <= 7 * 86400; second += 600) add({counter(second)}, second);
  const auto rates = column("requests_total", "rate", 30 * 86400);
  EXPECT_EQ(rates.size(), 432);
  EXPECT_EQ(some(rates).first, 432);
  for (const double rate : rates) EXPECT_NEAR(rate, 1, 1e-6);
}

TEST_F(HistoryTest, AGaugeIsTheLastValueOfItsStep) {
  const auto gauge = [](double value) {
    return HistoryPoint{"active", "", SeriesKind::kGauge, {value}, {}};
  };
  add({gauge(1)}, 0);
  add({gauge(7)}, 3);
  add({gauge(-2.5)}, 5);
  add({gauge(0)}, 10);
  EXPECT_EQ(column("active", "value", 10), (std::vector<double>{7, -2.5}));
}

TEST_F(HistoryTest, AHistogramHasQuantilesOfEachStep) {
  const auto histogram = [](std::vector<double> buckets_and_sum) {
    return HistoryPoint{"latency", "", SeriesKind::kHistogram, std::move(buckets_and_sum), {1, 2}};
  };
  add({histogram({0, 0, 0, 0})}, 0);
  add({histogram({10, 0, 0, 5})}, 5);
  add({histogram({10, 10, 0, 20})}, 10);
  add({histogram({10, 10, 0, 20})}, 15);
  add({histogram({10, 10, 0, 20})}, 20);
  const auto p50 = column("latency", "p50", 20);
  ASSERT_EQ(p50.size(), 4);
  EXPECT_TRUE(std::isnan(p50[0]));
  EXPECT_FLOAT_EQ(static_cast<float>(p50[1]), 0.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(p50[2]), 1.5F);
  EXPECT_TRUE(std::isnan(p50[3]));
  EXPECT_EQ(column("latency", "rate", 20), (std::vector<double>{0, 2, 2, 0}));
  EXPECT_FLOAT_EQ(static_cast<float>(column("latency", "mean", 20)[1]), 0.5F);
}

TEST_F(HistoryTest, ACounterThatFellBeganAnew) {
  add({counter(100)}, 0);
  add({counter(20)}, 5);
  add({counter(20)}, 10);
  EXPECT_EQ(column("requests_total", "rate", 10), (std::vector<double>{0, 4}));
}

TEST_F(HistoryTest, AClockThatIsSetBackLosesNothing) {
  add({counter(0)}, 100);
  add({counter(10)}, 40);
  add({counter(20)}, 105);
  add({counter(20)}, 110);
  EXPECT_EQ(some(column("requests_total", "rate", 60)).second, 4);
}

TEST_F(HistoryTest, SeriesBeyondTheLimitAreLeftOutAndCounted) {
  std::vector<HistoryPoint> points;
  for (size_t i = 0; i < History::kSeriesMax + 3; ++i) {
    points.push_back(counter(1, std::to_string(i)));
  }
  add(points, 0);
  add(points, 5);
  EXPECT_NE(history.json(60, kStart).find("\"left_out\":6"), std::string::npos);
}

TEST_F(HistoryTest, HostileNamesStayText) {
  add({counter(1, "\"</script>\n\x01")}, 0);
  add({counter(1, "\"</script>\n\x01")}, 5);
  EXPECT_EQ(column("requests_total", "rate", 5, "\"</script>\n\x01").size(), 1);
}

TEST_F(HistoryTest, WithoutASampleThereIsNothing) {
  EXPECT_EQ(column("requests_total", "rate", 60).size(), 0);
}

}  // namespace
}  // namespace sawlog::agent
