#include "agent/metrics/exposition.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "agent/metrics/own_metrics.h"

namespace sawlog::agent {
namespace {

void check_golden(const std::string& name, const std::string& said) {
  const std::filesystem::path golden =
      std::filesystem::path(SAWLOG_SOURCE_DIR) / "tests/golden/metrics" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << said;
  std::ostringstream content;
  content << std::ifstream(golden).rdbuf();
  EXPECT_EQ(said, content.str()) << name;
}

void write_all(ExpositionWriter& writer) {
  writer.family("odd_total", FamilyType::kCounter, "Escapes: \\ and\nline ends");
  writer.sample({{"text", "quote \" backslash \\ line\nend"}, {"empty", ""}, {"word", "grün"}}, 1);
  writer.sample({{"text", "large"}}, 12345678901234567.0);
  writer.created(std::vector<LabelView>{{"text", "large"}}, 1'700'000'000'250'000'000);
  writer.family("level", FamilyType::kGauge, "");
  writer.sample({{"kind", "nan"}}, NAN);
  writer.sample({{"kind", "inf"}}, -INFINITY);
  writer.sample({{"kind", "small"}}, 1e-9);
  writer.family("took_seconds", FamilyType::kHistogram, "Time taken");
  const std::vector<LabelView> labels = {{"method", "GET"}};
  writer.histogram(labels, std::vector<double>{0.005, 1, 2.5}, std::vector<uint64_t>{1, 0, 2, 4},
                   17.25);
  writer.histogram({}, std::vector<double>{0.005, 1, 2.5}, std::vector<uint64_t>{0, 0, 0, 0}, 0);
  writer.family("not_named_so", FamilyType::kCounter, "A counter without _total");
  writer.sample({}, 3);
}

TEST(Exposition, Prometheus) {
  ExpositionWriter writer(ExpositionFormat::kPrometheus);
  write_all(writer);
  check_golden("exposition.prom", std::move(writer).finish());
}

TEST(Exposition, OpenMetrics) {
  ExpositionWriter writer(ExpositionFormat::kOpenMetrics);
  write_all(writer);
  check_golden("exposition.openmetrics", std::move(writer).finish());
}

TEST(Exposition, OwnMetrics) {
  OwnFigures figures;
  figures.version = "0.1.0";
  figures.started_unix_ns = 1'700'000'000'000'000'000;
  figures.memory_limit_bytes = 256u << 20;
  figures.read_bytes = {{"app", 1000}};
  figures.abandoned_bytes = {{"deleted", 7}};
  figures.files_known = 3;
  figures.files_open = 2;
  figures.consumers.push_back(
      {.name = "metrics", .is_output = false, .delivered_lines = 10, .dead_letters = {}});
  figures.consumers.push_back({.name = "search",
                               .is_up = false,
                               .delivered_lines = 8,
                               .dead_lettered_lines = 1,
                               .in_flight_lines = 1,
                               .lag_bytes = 100,
                               .lag_seconds = 1.5,
                               .retries = 4,
                               .dead_letters = {{"mapper_parsing_exception", 1}}});
  ExpositionWriter writer(ExpositionFormat::kPrometheus);
  write_own_metrics(figures, writer);
  check_golden("own_metrics.prom", std::move(writer).finish());
}

TEST(Exposition, FormatByAccept) {
  EXPECT_EQ(format_for(""), ExpositionFormat::kPrometheus);
  EXPECT_EQ(format_for("text/plain;version=0.0.4"), ExpositionFormat::kPrometheus);
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            ExpositionFormat::kOpenMetrics);
}

}  // namespace
}  // namespace sawlog::agent
