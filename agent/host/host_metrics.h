// The host's own figures under node exporter's names, so that rules and dashboards made for node
// exporter work without it: cpu, memory, filesystem, disk, network, load, and a few of the kernel.
// Names, labels, units and what is left out by default are those of node_exporter 1.9
// (collector/*_linux.go in github.com/prometheus/node_exporter). Left out here, too: filesystems of
// other machines (nfs, cifs, fuse, …), because asking for their space may never return.
//
// Everything is read anew at each call: /proc is cheap, and nothing is kept that could be stale.
// What this system does not have is not written. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "agent/metrics/exposition.h"
#include "lib/base/clock.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

struct DiskSpace {
  uint64_t size_bytes = 0;
  uint64_t free_bytes = 0;
  uint64_t available_bytes = 0;  // to who is not root
  uint64_t file_count_max = 0;
  uint64_t file_count_free = 0;
  bool is_readonly = false;
};
using SpaceFunction = std::function<std::optional<DiskSpace>(const std::string& mount_point)>;

// By statvfs(3).
[[nodiscard]] std::optional<DiskSpace> space_of(const std::string& mount_point);

class HostMetrics {
 public:
  // filesystem and clock outlive it; space is for tests.
  HostMetrics(base::Filesystem& filesystem, const base::Clock& clock,
              SpaceFunction space = space_of)
      : filesystem_(filesystem), clock_(clock), space_(std::move(space)) {}

  void write(ExpositionWriter& writer) const;

 private:
  [[nodiscard]] std::string read(const std::string& path) const;
  void write_stat(ExpositionWriter& writer) const;
  void write_memory(ExpositionWriter& writer) const;
  void write_load(ExpositionWriter& writer) const;
  void write_filesystems(ExpositionWriter& writer) const;
  void write_disks(ExpositionWriter& writer) const;
  void write_network(ExpositionWriter& writer) const;

  base::Filesystem& filesystem_;
  const base::Clock& clock_;
  const SpaceFunction space_;
};

}  // namespace sawlog::agent
