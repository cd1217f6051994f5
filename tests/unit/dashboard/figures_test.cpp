#include "agent/dashboard/figures.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

const HistoryPoint* find(const std::vector<HistoryPoint>& points, std::string_view name,
                         std::string_view group = "") {
  for (const HistoryPoint& point : points) {
    if (point.name == name && point.group == group) return &point;
  }
  return nullptr;
}

TEST(HistoryPoints, HostSeriesAreAddedUpByWhatTheChartsTellApart) {
  const auto points = history_points({}, [](ExpositionWriter& writer) {
    writer.family("node_cpu_seconds_total", FamilyType::kCounter, "Seconds.");
    writer.sample({{"cpu", "0"}, {"mode", "idle"}}, 10);
    writer.sample({{"cpu", "1"}, {"mode", "idle"}}, 20.5);
    writer.sample({{"cpu", "0"}, {"mode", "user"}}, 3);
    writer.family("node_load1", FamilyType::kGauge, "Load.");
    writer.sample(std::initializer_list<LabelView>(), 0.25);
    writer.family("node_network_receive_bytes_total", FamilyType::kCounter, "Bytes.");
    writer.sample({{"device", "lo"}}, 999);
    writer.sample({{"device", "eth0"}}, 5);
    writer.family("node_disk_read_bytes_total", FamilyType::kCounter, "Bytes.");
    writer.sample({{"device", "sda"}}, 1);
    writer.sample({{"device", "sdb"}}, 2);
    writer.family("node_filesystem_size_bytes", FamilyType::kGauge, "Bytes.");
    writer.sample({{"device", "/dev/sda"}, {"mountpoint", R"(/a "b", c)"}}, 100);
    writer.family("node_unknown", FamilyType::kGauge, "");
    writer.sample({{"mode", "idle"}}, 1);
  });
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "idle")->values[0], 30.5);
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "idle")->kind, SeriesKind::kCounter);
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "user")->values[0], 3);
  EXPECT_EQ(find(points, "node_load1")->values[0], 0.25);
  EXPECT_EQ(find(points, "node_load1")->kind, SeriesKind::kGauge);
  EXPECT_EQ(find(points, "node_network_receive_bytes_total", "eth0")->values[0], 5);
  EXPECT_EQ(find(points, "node_network_receive_bytes_total", "lo"), nullptr);
  EXPECT_EQ(find(points, "node_disk_read_bytes_total")->values[0], 3);
  EXPECT_EQ(find(points, "node_filesystem_size_bytes", R"(/a "b", c)")->values[0], 100);
  EXPECT_EQ(find(points, "node_unknown"), nullptr);
}

TEST(HistoryPoints, WithoutFiguresThereAreNone) {
  EXPECT_TRUE(history_points({}, [](ExpositionWriter&) {}).empty());
}

}  // namespace
}  // namespace sawlog::agent
