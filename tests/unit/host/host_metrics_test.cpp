#include "agent/host/host_metrics.h"

#include <gtest/gtest.h>

#include "lib/base/posix_filesystem.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/golden.h"

namespace sawlog::agent {
namespace {

std::string exposition_of(const HostMetrics& metrics) {
  ExpositionWriter writer(ExpositionFormat::kPrometheus);
  metrics.write(writer);
  return std::move(writer).finish();
}

class HostMetricsTest : public testing::Test {
 protected:
  HostMetricsTest() {
    for (const char* directory : {"/proc", "/proc/self", "/proc/net"}) {
      filesystem_.make_directory(directory);
    }
  }
  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
};

TEST_F(HostMetricsTest, as_node_exporter_writes_it) {
  filesystem_.write_file("/proc/stat",
                         "cpu  300 0 100 9000 10 1 2 3 0 0\n"
                         "cpu0 100 0 50 4500 5 1 1 2 0 0\n"
                         "cpu1 200 0 50 4500 5 0 1 1 0 0\n"
                         "intr 12345 1 2 3\nctxt 987654\nbtime 1795240000\nprocesses 4321\n"
                         "procs_running 2\nprocs_blocked 0\nsoftirq 99 1 2\n");
  filesystem_.write_file("/proc/meminfo",
                         "MemTotal:       24576000 kB\nMemAvailable:   20000000 kB\n"
                         "Active(anon):     123456 kB\nHugePages_Total:       4\n");
  filesystem_.write_file("/proc/loadavg", "1.50 0.75 0.25 2/345 6789\n");
  filesystem_.write_file("/proc/self/mounts",
                         "/dev/vda1 / ext4 rw,relatime 0 0\n"
                         "proc /proc proc rw 0 0\n"
                         "tmpfs /run tmpfs rw 0 0\n"
                         "/dev/vdb /srv/my\\040disk xfs ro 0 0\n"
                         "/dev/vdb /srv/my\\040disk xfs ro 0 0\n"
                         "server:/export /mnt/far nfs4 rw 0 0\n"
                         "overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\n"
                         "/dev/vdc /gone ext4 rw 0 0\n");
  filesystem_.write_file("/proc/diskstats",
                         " 254 0 vda 100 5 2000 300 200 6 4000 500 1 700 800 0 0 0 0\n"
                         " 254 1 vda1 90 5 1900 300 200 6 4000 500 1 700 800 0 0 0 0\n"
                         " 259 0 nvme0n1 10 0 80 5 20 0 160 6 0 7 11 0 0 0 0\n"
                         " 259 1 nvme0n1p1 10 0 80 5 20 0 160 6 0 7 11 0 0 0 0\n"
                         "   7 0 loop0 1 0 2 3 0 0 0 0 0 0 0 0 0 0 0\n");
  filesystem_.write_file(
      "/proc/net/dev",
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop"
      " fifo colls carrier compressed\n"
      "    lo:  1000      10    0    0    0     0          0         0     1000      10    0    0"
      "    0     0       0          0\n"
      "  eth0:123456789 200000    1    2    0     0          0         0 987654321 300000    3    4"
      "    0     0       0          0\n");
  const HostMetrics metrics(filesystem_, clock_, [](const std::string& mount_point) {
    std::optional<DiskSpace> space;
    if (mount_point == "/gone") return space;
    space = DiskSpace{1000, 400, 300, 50, 20, mount_point == "/srv/my disk"};
    return space;
  });
  const std::string text = exposition_of(metrics);
  EXPECT_EQ(text, tests::golden("metrics/host_metrics.prom", text));
}

TEST_F(HostMetricsTest, what_the_system_lacks_or_garbles_is_left_out) {
  filesystem_.write_file("/proc/stat", "cpu0\ncpuidle 7\n\nbtime\n");
  filesystem_.write_file("/proc/meminfo", "nonsense\nMemTotal:\n");
  filesystem_.write_file("/proc/diskstats", "254 0\n254 0 vda 1\n");
  filesystem_.write_file("/proc/net/dev", "eth0: 1 2\n\n");
  const std::string text = exposition_of(HostMetrics(filesystem_, clock_));
  EXPECT_NE(text.find("node_time_seconds 1795244401\n"), std::string::npos) << text;
  EXPECT_NE(text.find("node_disk_reads_completed_total{device=\"vda\"} 1\n"), std::string::npos);
  EXPECT_EQ(text.find("node_memory"), std::string::npos);
}

TEST(HostMetrics, of_this_host) {
  base::PosixFilesystem filesystem;
  const tests::FakeClock clock;
  const std::string text = exposition_of(HostMetrics(filesystem, clock));
  for (const char* name :
       {"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}", "node_memory_MemAvailable_bytes ",
        "node_load1 ", "node_filesystem_avail_bytes{device=", "node_network_receive_bytes_total{",
        "node_boot_time_seconds "}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace sawlog::agent
