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
  const auto points = history_points({}, R"(# HELP node_cpu_seconds_total Seconds.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 10
node_cpu_seconds_total{cpu="1",mode="idle"} 20.5
node_cpu_seconds_total{cpu="0",mode="user"} 3
node_load1 0.25
node_network_receive_bytes_total{device="lo"} 999
node_network_receive_bytes_total{device="eth0"} 5
node_disk_read_bytes_total{device="sda"} 1
node_disk_read_bytes_total{device="sdb"} 2
node_filesystem_size_bytes{device="/dev/sda",fstype="ext4",mountpoint="/a \"b\", c"} 100
node_unknown{mode="idle"} 1
)");
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "idle")->values[0], 30.5);
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "idle")->kind, SeriesKind::kCounter);
  EXPECT_EQ(find(points, "node_cpu_seconds_total", "user")->values[0], 3);
  EXPECT_EQ(find(points, "node_load1")->values[0], 0.25);
  EXPECT_EQ(find(points, "node_load1")->kind, SeriesKind::kGauge);
  EXPECT_EQ(find(points, "node_network_receive_bytes_total", "eth0")->values[0], 5);
  EXPECT_EQ(find(points, "node_network_receive_bytes_total", "lo"), nullptr);
  EXPECT_EQ(find(points, "node_disk_read_bytes_total")->values[0], 3);
  EXPECT_EQ(find(points, "node_filesystem_size_bytes", R"(/a \"b\", c)")->values[0], 100);
  EXPECT_EQ(find(points, "node_unknown"), nullptr);
}

TEST(HistoryPoints, WhatIsNoExpositionIsPassedOver) {
  EXPECT_TRUE(history_points({}, "").empty());
  EXPECT_TRUE(history_points({}, "node_load1\nnode_load1 x\n{\nnode_load1{ 1x\n \n").empty());
}

}  // namespace
}  // namespace sawlog::agent
