// Series, their limits, and what is left of them after a crash.
#include "agent/metrics/metric_set.h"

#include <random>

#include <gtest/gtest.h>

#include "agent/metrics/label_key.h"
#include "agent/metrics/metric_snapshot.h"

namespace sawlog::agent {
namespace {

using outputs::SaveKind;

constexpr int64_t kNow = 1'700'000'000'000'000'000;

MetricSchema counter(const std::string& name, std::vector<std::string> labels) {
  MetricSchema schema;
  schema.name = name;
  schema.labels = std::move(labels);
  return schema;
}
MetricSchema histogram(const std::string& name, std::vector<std::string> labels) {
  MetricSchema schema = counter(name, std::move(labels));
  schema.kind = config::RuleKind::kHistogram;
  schema.bounds = {0.1, 1, 10};
  return schema;
}
MetricSchema gauge(const std::string& name, std::vector<std::string> labels) {
  MetricSchema schema = counter(name, std::move(labels));
  schema.kind = config::RuleKind::kGauge;
  return schema;
}

std::string numbered(uint64_t number) {
  return std::string("/").append(std::to_string(number));
}

uint32_t series(Metric& metric, const std::vector<std::string>& values) {
  LabelKey key;
  for (const std::string& value : values) key.append(value);
  return metric.series(key.bytes(), kNow);
}

std::string shown(const MetricSet& metrics) {
  ExpositionWriter writer(ExpositionFormat::kOpenMetrics);
  write_snapshot(*metrics.snapshot(), writer);
  return std::move(writer).finish();
}
std::string shown_now(MetricSet& metrics) {
  (void)metrics.save(SaveKind::kDelta);
  return shown(metrics);
}

// The lines of the text that begin so.
std::vector<std::string> lines(const std::string& text, const std::string& begin) {
  std::vector<std::string> found;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(begin)) found.push_back(line);
    at = end + 1;
  }
  return found;
}

// Three metrics with a life of their own.
struct Sample {
  explicit Sample(uint64_t series_max = 1'000, uint64_t series_total_max = 10'000)
      : metrics(series_max, series_total_max),
        requests(**metrics.add(counter("requests_total", {"method", "path"}))),
        took(**metrics.add(histogram("took_seconds", {"method"}))),
        depth(**metrics.add(gauge("depth", {}))) {}

  void random_step(std::mt19937_64& random) {
    const std::string path = numbered(random() % 50);
    requests.add(series(requests, {random() % 2 == 0 ? "GET" : "POST", path}), 1);
    const double time = static_cast<double>(random() % 1'000'000'007) / 1e8;
    took.observe(series(took, {random() % 2 == 0 ? "GET" : "POST"}), time);
    if (random() % 4 == 0) depth.set(series(depth, {}), time, static_cast<int64_t>(random() >> 1));
  }

  MetricSet metrics;
  Metric& requests;
  Metric& took;
  Metric& depth;
};

TEST(MetricSet, ShowsWhatWasSavedOnly) {
  Sample sample;
  sample.requests.add(series(sample.requests, {"GET", "/a"}), 2);
  EXPECT_TRUE(lines(shown(sample.metrics), "requests_total").empty());
  (void)sample.metrics.save(SaveKind::kFull);
  sample.requests.add(series(sample.requests, {"GET", "/a"}), 1);
  EXPECT_EQ(lines(shown(sample.metrics), "requests_total").at(0),
            "requests_total{method=\"GET\",path=\"/a\"} 2");
}

TEST(MetricSet, BucketsTakeTheirUpperBound) {
  Sample sample;
  for (const double value : {0.05, 0.1, 0.1000001, 1.0, 9.9, 10.0, 10.1, 1e9}) {
    sample.took.observe(series(sample.took, {"GET"}), value);
  }
  const std::string text = shown_now(sample.metrics);
  EXPECT_EQ(lines(text, "took_seconds_bucket"),
            (std::vector<std::string>{"took_seconds_bucket{method=\"GET\",le=\"0.1\"} 2",
                                      "took_seconds_bucket{method=\"GET\",le=\"1.0\"} 4",
                                      "took_seconds_bucket{method=\"GET\",le=\"10.0\"} 6",
                                      "took_seconds_bucket{method=\"GET\",le=\"+Inf\"} 8"}));
  EXPECT_EQ(lines(text, "took_seconds_count").at(0), "took_seconds_count{method=\"GET\"} 8");
}

TEST(MetricSet, TheLatestSetWinsByTheRecordsTime) {
  Sample sample;
  const uint32_t depth = series(sample.depth, {});
  sample.depth.set(depth, 5, 100);
  sample.depth.set(depth, 4, 90);
  EXPECT_EQ(lines(shown_now(sample.metrics), "depth").at(0), "depth 5");
  sample.depth.set(depth, 3, 100);
  sample.depth.add(depth, -1);
  EXPECT_EQ(lines(shown_now(sample.metrics), "depth").at(0), "depth 2");
}

TEST(MetricSet, TooManySeriesOfOneMetric) {
  Sample sample(3, 1'000);
  for (uint64_t i = 0; i < 10; ++i) {
    sample.requests.add(series(sample.requests, {"GET", numbered(i)}), 1);
  }
  sample.requests.add(series(sample.requests, {"GET", "/0"}), 1);
  const std::string text = shown_now(sample.metrics);
  EXPECT_EQ(lines(text, "requests_total"),
            (std::vector<std::string>{
                "requests_total{method=\"GET\",path=\"/0\"} 2",
                "requests_total{method=\"GET\",path=\"/1\"} 1",
                "requests_total{method=\"GET\",path=\"/2\"} 1",
                "requests_total{method=\"__overflow__\",path=\"__overflow__\"} 7"}));
  EXPECT_EQ(lines(text, "sawlog_metric_overflow_total{metric=\"requests_total\"").at(0),
            "sawlog_metric_overflow_total{metric=\"requests_total\"} 7");
}

TEST(MetricSet, TooManySeriesInAll) {
  Sample sample(100, 4);
  for (uint64_t i = 0; i < 4; ++i) {
    sample.requests.add(series(sample.requests, {"GET", numbered(i)}), 1);
  }
  sample.took.observe(series(sample.took, {"GET"}), 1);
  const std::string text = shown_now(sample.metrics);
  EXPECT_EQ(lines(text, "took_seconds_count").at(0),
            "took_seconds_count{method=\"__overflow__\"} 1");
}

TEST(MetricSet, LimitsHoldAfterARestart) {
  Sample before(2, 100);
  for (uint64_t i = 0; i < 5; ++i) {
    before.requests.add(series(before.requests, {"GET", numbered(i)}), 1);
  }
  const std::vector<std::string> states = {before.metrics.save(SaveKind::kFull)};
  Sample after(2, 100);
  ASSERT_TRUE(after.metrics.restore(states));
  after.requests.add(series(after.requests, {"GET", "/9"}), 1);
  EXPECT_EQ(lines(shown_now(after.metrics), "requests_total").back(),
            "requests_total{method=\"__overflow__\",path=\"__overflow__\"} 4");
}

TEST(MetricSet, BrokenTextBecomesPrintable) {
  Sample sample;
  for (uint64_t i = 0; i < 2; ++i) {
    sample.requests.add(series(sample.requests, {"GET", "/\xff"}), 1);
  }
  EXPECT_EQ(lines(shown_now(sample.metrics), "requests_total"),
            (std::vector<std::string>{"requests_total{method=\"GET\",path=\"/?\"} 2"}));
}

TEST(MetricSet, ADeltaHoldsOnlyWhatChanged) {
  Sample sample;
  for (uint64_t i = 0; i < 500; ++i) {
    sample.requests.add(series(sample.requests, {"GET", numbered(i)}), 1);
  }
  const std::string full = sample.metrics.save(SaveKind::kFull);
  sample.metrics.saved();
  EXPECT_EQ(sample.metrics.save(SaveKind::kDelta), "");
  sample.requests.add(series(sample.requests, {"GET", "/7"}), 1);
  const std::string delta = sample.metrics.save(SaveKind::kDelta);
  EXPECT_LT(delta.size(), 100);
  EXPECT_GT(full.size(), 10'000);
}

// Whatever the mixture of full states, deltas and failed saves: what was durable comes back to the
// bit, and going on from there gives what an undisturbed run gives.
TEST(MetricSet, CrashesAtRandomChangeNothing) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Sample undisturbed;
    std::mt19937_64 undisturbed_random(seed);
    std::mt19937_64 chance(seed * 1'000);
    auto sample = std::make_unique<Sample>();
    std::mt19937_64 random(seed);
    std::mt19937_64 saved_random = random;  // where the "cursor" was saved
    std::vector<std::string> durable;
    bool needs_full = true;
    for (int step = 0; step < 400; ++step) {
      for (uint64_t i = chance() % 20; i > 0; --i) sample->random_step(random);
      if (chance() % 5 == 0) {  // the disk is full: nothing is durable, nothing is shown
        (void)sample->metrics.save(needs_full ? SaveKind::kFull : SaveKind::kDelta);
        needs_full = needs_full || chance() % 2 == 0;
      } else {
        const bool is_full = needs_full || chance() % 10 == 0;
        if (is_full) durable.clear();
        durable.push_back(sample->metrics.save(is_full ? SaveKind::kFull : SaveKind::kDelta));
        sample->metrics.saved();
        saved_random = random;
        needs_full = false;
      }
      if (chance() % 20 != 0) continue;
      auto restarted = std::make_unique<Sample>();
      ASSERT_TRUE(restarted->metrics.restore(durable));
      sample = std::move(restarted);
      random = saved_random;
      needs_full = needs_full || durable.empty() || chance() % 2 == 0;
    }
    while (undisturbed_random != random) undisturbed.random_step(undisturbed_random);
    ASSERT_EQ(shown_now(sample->metrics), shown_now(undisturbed.metrics));
  }
}

TEST(MetricSet, AnotherShapeStartsAnew) {
  Sample before;
  before.requests.add(series(before.requests, {"GET", "/a"}), 5);
  before.took.observe(series(before.took, {"GET"}), 1);
  const std::vector<std::string> states = {before.metrics.save(SaveKind::kFull)};

  MetricSet after(100, 1'000);
  ASSERT_TRUE(after.add(counter("requests_total", {"method"})));
  ASSERT_TRUE(after.add(histogram("took_seconds", {"method"})));
  ASSERT_TRUE(after.restore(states));
  EXPECT_TRUE(lines(shown(after), "requests_total").empty());
  EXPECT_EQ(lines(shown(after), "took_seconds_count").at(0),
            "took_seconds_count{method=\"GET\"} 1");
}

TEST(MetricSet, DamagedStatesAreErrors) {
  Sample before;
  std::mt19937_64 random(3);
  for (uint64_t i = 0; i < 20; ++i) before.random_step(random);
  const std::string whole = before.metrics.save(SaveKind::kFull);
  for (size_t size = 1; size + 1 < whole.size(); size += 3) {
    std::string damaged = whole;
    damaged[size] = static_cast<char>(damaged[size] ^ 0x55);
    Sample other;
    (void)other.metrics.restore({&damaged, 1});
    const std::string cut = whole.substr(0, size);
    Sample third;
    (void)third.metrics.restore({&cut, 1});
  }
  const std::string cut = whole.substr(0, whole.size() - 1);
  Sample after;
  const auto restored = after.metrics.restore({&cut, 1});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, base::ErrorCode::kCorrupt);
}

TEST(MetricSet, OneNameOneShape) {
  MetricSet metrics(10, 10);
  const auto first = metrics.add(counter("a_total", {"x"}));
  const auto same = metrics.add(counter("a_total", {"x"}));
  ASSERT_TRUE(first && same);
  EXPECT_EQ(*first, *same);
  EXPECT_FALSE(metrics.add(counter("a_total", {"y"})));
  EXPECT_FALSE(metrics.add(gauge("a_total", {"x"})));
}

}  // namespace
}  // namespace sawlog::agent
