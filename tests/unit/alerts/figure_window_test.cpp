#include "agent/alerts/figure_window.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

using config::RuleKind;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kBegin = 1'795'244'400 * kSecond;

// A window over the first selection of a condition, and what it says of a metric m.
class Window {
 public:
  explicit Window(const std::string& condition)
      : condition_(std::move(*parsers::FigureCondition::compile(condition))) {
    restart("");
  }
  std::optional<parsers::FigureValues> look(int64_t seconds, const Figures& figures) {
    const FigureTotals totals = add_up(figures, condition_.selections()[0], condition_.by());
    return window_->look(totals, kBegin + seconds * kSecond);
  }
  // Of a counter or gauge without labels; NAN: no value.
  double at(int64_t seconds, double value, RuleKind kind = RuleKind::kCounter,
            const std::string& metric = "m") {
    Figures figures;
    figures.add(metric, kind, {}, value);
    const auto values = look(seconds, figures);
    return values && !values->empty() ? values->begin()->second : NAN;
  }
  [[nodiscard]] std::string saved() const {
    ByteWriter writer;
    window_->save(writer);
    return writer.take();
  }
  void restart(const std::string& state) {
    budget_.words = 0;
    window_.emplace(condition_.selections()[0], budget_);
    if (state.empty()) return;
    ByteReader reader(state);
    ASSERT_TRUE(window_->restore(reader));
  }
  HistoryBudget& budget() { return budget_; }

 private:
  parsers::FigureCondition condition_;
  HistoryBudget budget_;
  std::optional<FigureWindow> window_;
};

TEST(FigureWindow, RateIsGrowthOverTheWindow) {
  Window window("rate(m[60s]) > 0");
  EXPECT_TRUE(std::isnan(window.at(0, 1'000)));
  EXPECT_DOUBLE_EQ(window.at(15, 1'030), 0.5);
  EXPECT_DOUBLE_EQ(window.at(60, 1'060), 1);
  EXPECT_DOUBLE_EQ(window.at(75, 1'060), 0.5);
  EXPECT_DOUBLE_EQ(window.at(120, 1'060), 0);
}

TEST(FigureWindow, ACounterThatFallsHasBegunAnew) {
  Window window("increase(m[60s]) > 0");
  (void)window.at(0, 1'000);
  EXPECT_DOUBLE_EQ(window.at(15, 1'010), 10);
  EXPECT_DOUBLE_EQ(window.at(30, 7), 17);
}

TEST(FigureWindow, DeltaIsTheDifferenceOfGauges) {
  Window window("delta(m[60s]) > 0");
  (void)window.at(0, 10, RuleKind::kGauge);
  EXPECT_DOUBLE_EQ(window.at(30, 4, RuleKind::kGauge), -6);
  EXPECT_DOUBLE_EQ(window.at(60, 12, RuleKind::kGauge), 2);
  EXPECT_DOUBLE_EQ(window.at(90, 12, RuleKind::kGauge), 8);
}

TEST(FigureWindow, WhatAppearsLaterBeganAtZeroUnlessItIsTheHosts) {
  Window ours("increase(m[60s]) > 0");
  (void)ours.look(0, Figures());
  EXPECT_DOUBLE_EQ(ours.at(15, 5), 5);
  Window host("increase(node_forks_total[60s]) > 0");
  (void)host.look(0, Figures());
  EXPECT_TRUE(std::isnan(host.at(15, 1e9, RuleKind::kCounter, "node_forks_total")));
  EXPECT_DOUBLE_EQ(host.at(30, 1e9 + 2, RuleKind::kCounter, "node_forks_total"), 2);
}

TEST(FigureWindow, QuantilesAreThoseOfTheWindow) {
  Window window("p95(m[60s]) > 0");
  const auto figures = [](double fast, double slow) {
    Figures now;
    now.add_histogram("m", {{"a", "b"}}, {1, 2}, {fast, slow, 0});
    now.add_histogram("m", {{"a", "c"}}, {1, 2}, {fast, slow, 0});
    return now;
  };
  EXPECT_FALSE(window.look(0, figures(100, 0)));
  EXPECT_NEAR(window.look(15, figures(200, 0))->begin()->second, 0.95, 1e-9);
  EXPECT_NEAR(window.look(80, figures(200, 100))->begin()->second, 1.95, 1e-9);
  EXPECT_TRUE(window.look(200, figures(200, 100))->empty());
}

TEST(FigureWindow, GoesOnAfterARestart) {
  Window window("rate(m[60s]) > 0");
  (void)window.at(0, 0);
  (void)window.at(30, 30);
  const std::string state = window.saved();
  window.restart(state);
  EXPECT_EQ(window.saved(), state);
  EXPECT_DOUBLE_EQ(window.at(45, 60), 1);
}

TEST(FigureWindow, ABacklogIsNoPeak) {
  Window window("rate(m[60s]) > 0");
  (void)window.at(0, 0);
  window.restart(window.saved());
  EXPECT_DOUBLE_EQ(window.at(3'600, 3'600), 1);
  EXPECT_DOUBLE_EQ(window.at(3'660, 3'660), 1);
}

TEST(FigureWindow, AClockThatGoesBackForgets) {
  Window window("rate(m[60s]) > 0");
  (void)window.at(100, 0);
  EXPECT_TRUE(std::isnan(window.at(50, 600)));
  EXPECT_DOUBLE_EQ(window.at(65, 660), 1);
}

TEST(FigureWindow, KeepsLittle) {
  Window window("rate(m[1d]) > 0");
  for (int64_t second = 0; second < 2 * 86'400; second += 60) {
    (void)window.at(second, static_cast<double>(second));
  }
  EXPECT_LT(window.saved().size(), 1'000);
  EXPECT_NEAR(window.at(2 * 86'400, 2 * 86'400), 1, 0.04);
}

TEST(FigureWindow, WhatHasNoRoomIsLeftOut) {
  Window window("rate(m[60s]) > 0 by (a)");
  window.budget().words_max = 1'000;
  Figures figures;
  for (int i = 0; i < 100; ++i) figures.add("m", RuleKind::kCounter, {{"a", std::to_string(i)}}, 1);
  (void)window.look(0, figures);
  EXPECT_GT(window.budget().left_out, 90);
  EXPECT_LE(window.budget().words, 1'000);
  (void)window.look(15, Figures());
  EXPECT_EQ(window.budget().words, 0);
}

TEST(FigureWindow, AnyBytesAreNoCrash) {
  Window window("p95(m[60s]) > 0");
  Figures figures;
  figures.add_histogram("m", {{"a", "b"}}, {1, 2}, {1, 2, 3});
  (void)window.look(0, figures);
  const std::string state = window.saved();
  for (size_t at = 0; at < state.size(); ++at) {
    std::string damaged = state;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    for (const std::string& bytes : {state.substr(0, at), damaged}) {
      HistoryBudget budget;
      FigureWindow read(parsers::FigureCondition::compile("p95(m[60s]) > 0")->selections()[0],
                        budget);
      ByteReader reader(bytes);
      (void)read.restore(reader);
    }
  }
}

// --- what is added up ----------------------------------------------------------------------------

parsers::FigureValues added_up(const std::string& condition, const Figures& figures) {
  const auto compiled = parsers::FigureCondition::compile(condition);
  parsers::FigureValues values;
  const FigureTotals totals = add_up(figures, compiled->selections()[0], compiled->by());
  for (const auto& [labels, total] : totals.by_labels) values.emplace(labels, total.value);
  return values;
}

TEST(Figures, CountersAreAddedUpAndGaugesAreNot) {
  Figures figures;
  for (const auto kind : {RuleKind::kCounter, RuleKind::kGauge}) {
    const std::string name = kind == RuleKind::kCounter ? "counter" : "gauge";
    figures.add(name, kind, {{"a", "x"}, {"b", "1"}}, 1);
    figures.add(name, kind, {{"a", "x"}, {"b", "2"}}, 2);
    figures.add(name, kind, {{"a", "y"}, {"b", "1"}}, 4);
  }
  using Values = parsers::FigureValues;
  EXPECT_EQ(added_up("counter > 0", figures), (Values{{{}, 7}}));
  EXPECT_EQ(added_up("counter{b=\"1\"} > 0", figures), (Values{{{}, 5}}));
  EXPECT_EQ(added_up("counter{b=\"9\"} > 0", figures), (Values{{{}, 0}}));
  EXPECT_EQ(added_up("counter > 0 by (a)", figures),
            (Values{{{{"a", "x"}}, 3}, {{{"a", "y"}}, 4}}));
  EXPECT_EQ(added_up("counter{b=\"2\"} > 0 by (a)", figures),
            (Values{{{{"a", "x"}}, 2}, {{{"a", "y"}}, 0}}));
  EXPECT_EQ(added_up("gauge{b=\"1\"} > 0", figures),
            (Values{{{{"a", "x"}, {"b", "1"}}, 1}, {{{"a", "y"}, {"b", "1"}}, 4}}));
  EXPECT_EQ(added_up("gauge > 0 by (a)", figures), (Values{{{{"a", "x"}}, 3}, {{{"a", "y"}}, 4}}));
  EXPECT_EQ(added_up("max(counter) > 0", figures).size(), 3);
  EXPECT_EQ(added_up("absent(counter{b=\"9\"})", figures), Values());
  EXPECT_EQ(added_up("nothing > 0", figures), Values());
}

TEST(Figures, HistogramsHaveACountAndASum) {
  Figures figures;
  figures.add_histogram("m", {}, {1, 2}, {1, 2, 3});
  EXPECT_EQ(added_up("m_count > 0", figures), (parsers::FigureValues{{{}, 6}}));
  EXPECT_EQ(added_up("m_sum > 0", figures), (parsers::FigureValues{{{}, 0}}));
}

TEST(Figures, WhatAWriterWritesIsTaken) {
  Figures figures;
  figures.add([](ExpositionWriter& writer) {
    writer.family("up", FamilyType::kGauge, "text");
    writer.sample({{"output", "x"}}, 1);
    writer.family("n_total", FamilyType::kCounter, "text");
    writer.sample({}, 3);
  });
  EXPECT_EQ(added_up("up > 0", figures), (parsers::FigureValues{{{{"output", "x"}}, 1}}));
  EXPECT_EQ(added_up("n_total > 0", figures), (parsers::FigureValues{{{}, 3}}));
}

}  // namespace
}  // namespace sawlog::agent
