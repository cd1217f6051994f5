#include "agent/host/host_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace sawlog::agent {

namespace {

using Words = std::vector<std::string_view>;

constexpr size_t kReadBytes = 64u << 10;
constexpr size_t kFileBytesMax = 4u << 20;  // of a file in /proc; what is more is left out
constexpr double kSectorBytes = 512;        // of /proc/diskstats, whatever the disk
constexpr double kNsPerSecond = 1e9;

// Words between spaces and tabs.
Words words_of(std::string_view line) {
  Words words;
  for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class Each>
void for_each_line(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

double number(std::string_view word) {
  double value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// --- filesystems ---------------------------------------------------------------------------------

constexpr auto kTypesLeftOut = std::to_array<std::string_view>(
    {"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
     "devtmpfs", "erofs", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc",
     "procfs", "pstore", "rpc_pipefs", "selinuxfs", "securityfs", "squashfs", "sysfs", "tracefs",
     // of other machines
     "9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"});

bool is_type_left_out(std::string_view type) {
  return std::ranges::find(kTypesLeftOut, type) != kTypesLeftOut.end() || type.starts_with("fuse");
}

bool is_mount_point_left_out(std::string_view path) {
  for (const std::string_view root : {"/dev", "/proc", "/sys"}) {
    if (path == root || (path.starts_with(root) && path[root.size()] == '/')) return true;
  }
  return std::ranges::any_of(
      std::to_array<std::string_view>(
          {"/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"}),
      [path](std::string_view root) { return path.starts_with(root); });
}

// /proc writes space, tab, LF and backslash as \040, \011, \012, \134.
std::string unescape_octal(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto is_octal = [&](size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(i + 1) && is_octal(i + 2) &&
        is_octal(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct MountedFilesystem {
  std::string device;
  std::string mount_point;
  std::string type;
  DiskSpace space;
};

// --- disks and network ---------------------------------------------------------------------------

// A value of a line of words, and what a unit of it is.
struct Column {
  std::string_view name;
  std::string_view help;
  size_t word = 0;
  double unit = 1;
  FamilyType type = FamilyType::kCounter;
};

// kernel.org/doc/Documentation/ABI/testing/procfs-diskstats: words 4 … of each line.
constexpr auto kDiskColumns = std::to_array<Column>({
    {"node_disk_reads_completed_total", "The total number of reads completed successfully.", 3},
    {"node_disk_read_bytes_total", "The total number of bytes read successfully.", 5, kSectorBytes},
    {"node_disk_read_time_seconds_total", "The total number of seconds spent by all reads.", 6,
     1e-3},
    {"node_disk_writes_completed_total", "The total number of writes completed successfully.", 7},
    {"node_disk_written_bytes_total", "The total number of bytes written successfully.", 9,
     kSectorBytes},
    {"node_disk_write_time_seconds_total",
     "This is the total number of seconds spent by all writes.", 10, 1e-3},
    {"node_disk_io_now", "The number of I/Os currently in progress.", 11, 1, FamilyType::kGauge},
    {"node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", 12, 1e-3},
});

constexpr auto kNetworkColumns = std::to_array<Column>({
    {"node_network_receive_bytes_total", "Network device statistic receive_bytes.", 1},
    {"node_network_receive_packets_total", "Network device statistic receive_packets.", 2},
    {"node_network_receive_errs_total", "Network device statistic receive_errs.", 3},
    {"node_network_receive_drop_total", "Network device statistic receive_drop.", 4},
    {"node_network_transmit_bytes_total", "Network device statistic transmit_bytes.", 9},
    {"node_network_transmit_packets_total", "Network device statistic transmit_packets.", 10},
    {"node_network_transmit_errs_total", "Network device statistic transmit_errs.", 11},
    {"node_network_transmit_drop_total", "Network device statistic transmit_drop.", 12},
});

// A partition, or a device that is no disk: sda1, nvme0n1p2, loop0, ram1.
bool is_disk_left_out(std::string_view name) {
  const size_t digits = std::min(name.find_last_not_of("0123456789") + 1, name.size());
  const std::string_view stem = name.substr(0, digits);
  if (stem.size() == name.size()) return false;
  if (stem == "ram" || stem == "zram" || stem == "loop" || stem == "fd") return true;
  if (name.starts_with("nvme")) return stem.ends_with('p');
  return (stem.size() == 3 && stem[1] == 'd' &&
          (stem[0] == 's' || stem[0] == 'h' || stem[0] == 'v')) ||
         (stem.size() == 4 && stem.starts_with("xvd"));
}

// rows: the words of each device; device: the place of its name.
void write_columns(std::span<const Column> columns, const std::vector<Words>& rows, size_t device,
                   ExpositionWriter& writer) {
  for (const Column& column : columns) {
    writer.family(column.name, column.type, column.help);
    for (const Words& words : rows) {
      if (words.size() <= column.word) continue;
      writer.sample({{"device", words[device]}}, number(words[column.word]) * column.unit);
    }
  }
}

void write_one(std::string_view name, FamilyType type, std::string_view help, double value,
               ExpositionWriter& writer) {
  writer.family(name, type, help);
  writer.sample({}, value);
}

// Active(anon) → Active_anon, as node exporter spells it.
std::string memory_name(std::string_view key) {
  std::string name = "node_memory_";
  for (const char c : key) {
    if (c == '(') name += '_';
    if (c != '(' && c != ')') name += c;
  }
  return name;
}

}  // namespace

std::optional<DiskSpace> space_of(const std::string& mount_point) {
  struct statvfs status{};
  if (statvfs(mount_point.c_str(), &status) != 0) return std::nullopt;
  const uint64_t block = status.f_frsize;
  return DiskSpace{.size_bytes = status.f_blocks * block,
                   .free_bytes = status.f_bfree * block,
                   .available_bytes = status.f_bavail * block,
                   .file_count_max = status.f_files,
                   .file_count_free = status.f_ffree,
                   .is_readonly = (status.f_flag & ST_RDONLY) != 0};
}

void HostMetrics::write(ExpositionWriter& writer) const {
  write_stat(writer);
  write_memory(writer);
  write_load(writer);
  write_filesystems(writer);
  write_disks(writer);
  write_network(writer);
  write_one("node_time_seconds", FamilyType::kGauge, "System time in seconds since epoch (1970).",
            static_cast<double>(clock_.unix_ns()) / kNsPerSecond, writer);
}

std::string HostMetrics::read(const std::string& path) const {
  auto file = filesystem_.open(path, base::OpenMode::kRead);
  if (!file) return {};
  std::string text;
  while (text.size() < kFileBytesMax) {
    const size_t begin = text.size();
    text.resize(begin + kReadBytes);
    const auto count = (*file)->read_at(begin, std::span(text).subspan(begin));
    text.resize(begin + count.value_or(0));
    if (!count || *count == 0) break;
  }
  return text;
}

void HostMetrics::write_stat(ExpositionWriter& writer) const {
  constexpr auto kModes = std::to_array<std::string_view>(
      {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"});
  const double tick_s = 1.0 / static_cast<double>(std::max(sysconf(_SC_CLK_TCK), 1L));
  const std::string text = read("/proc/stat");
  if (text.empty()) return;
  writer.family("node_cpu_seconds_total", FamilyType::kCounter,
                "Seconds the CPUs spent in each mode.");
  for_each_line(text, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words.empty() || !words[0].starts_with("cpu") || !is_digits(words[0].substr(3))) return;
    for (size_t mode = 0; mode < kModes.size() && mode + 1 < words.size(); ++mode) {
      writer.sample({{"cpu", words[0].substr(3)}, {"mode", kModes[mode]}},
                    number(words[mode + 1]) * tick_s);
    }
  });
  for_each_line(text, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words.size() < 2) return;
    const double value = number(words[1]);
    const auto write = [&](std::string_view key, std::string_view name, FamilyType type,
                           std::string_view help) {
      if (words[0] == key) write_one(name, type, help, value, writer);
    };
    write("btime", "node_boot_time_seconds", FamilyType::kGauge, "Node boot time, in unixtime.");
    write("ctxt", "node_context_switches_total", FamilyType::kCounter,
          "Total number of context switches.");
    write("processes", "node_forks_total", FamilyType::kCounter, "Total number of forks.");
    write("procs_running", "node_procs_running", FamilyType::kGauge,
          "Number of processes in runnable state.");
    write("procs_blocked", "node_procs_blocked", FamilyType::kGauge,
          "Number of processes blocked waiting for I/O to complete.");
  });
}

void HostMetrics::write_memory(ExpositionWriter& writer) const {
  const std::string text = read("/proc/meminfo");
  for_each_line(text, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words.size() < 2 || !words[0].ends_with(':')) return;
    const std::string_view key = words[0].substr(0, words[0].size() - 1);
    const bool is_kib = words.size() > 2 && words[2] == "kB";
    const std::string name = memory_name(key) + (is_kib ? "_bytes" : "");
    const std::string help =
        "Memory information field " + name.substr(sizeof("node_memory_") - 1) + ".";
    write_one(name, FamilyType::kGauge, help, number(words[1]) * (is_kib ? 1024 : 1), writer);
  });
}

void HostMetrics::write_load(ExpositionWriter& writer) const {
  const std::string text = read("/proc/loadavg");
  const Words words = words_of(text);
  if (words.size() < 3) return;
  write_one("node_load1", FamilyType::kGauge, "1m load average.", number(words[0]), writer);
  write_one("node_load5", FamilyType::kGauge, "5m load average.", number(words[1]), writer);
  write_one("node_load15", FamilyType::kGauge, "15m load average.", number(words[2]), writer);
}

void HostMetrics::write_filesystems(ExpositionWriter& writer) const {
  std::vector<MountedFilesystem> mounted;
  const std::string text = read("/proc/self/mounts");
  for_each_line(text, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words.size() < 3 || is_type_left_out(words[2])) return;
    const std::string mount_point = unescape_octal(words[1]);
    if (is_mount_point_left_out(mount_point)) return;
    const bool is_seen =
        std::ranges::find(mounted, mount_point, &MountedFilesystem::mount_point) != mounted.end();
    if (is_seen) return;
    if (const auto space = space_(mount_point)) {
      mounted.push_back({unescape_octal(words[0]), mount_point, std::string(words[2]), *space});
    }
  });
  const auto write = [&](std::string_view name, std::string_view help, const auto& value) {
    writer.family(name, FamilyType::kGauge, help);
    for (const MountedFilesystem& entry : mounted) {
      writer.sample(
          {{"device", entry.device}, {"fstype", entry.type}, {"mountpoint", entry.mount_point}},
          static_cast<double>(value(entry.space)));
    }
  };
  write("node_filesystem_size_bytes", "Filesystem size in bytes.",
        [](const DiskSpace& space) { return space.size_bytes; });
  write("node_filesystem_free_bytes", "Filesystem free space in bytes.",
        [](const DiskSpace& space) { return space.free_bytes; });
  write("node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
        [](const DiskSpace& space) { return space.available_bytes; });
  write("node_filesystem_files", "Filesystem total file nodes.",
        [](const DiskSpace& space) { return space.file_count_max; });
  write("node_filesystem_files_free", "Filesystem total free file nodes.",
        [](const DiskSpace& space) { return space.file_count_free; });
  write("node_filesystem_readonly", "Filesystem read-only status.",
        [](const DiskSpace& space) { return space.is_readonly ? 1 : 0; });
}

void HostMetrics::write_disks(ExpositionWriter& writer) const {
  constexpr size_t kName = 2;
  const std::string text = read("/proc/diskstats");
  std::vector<Words> rows;
  for_each_line(text, [&](std::string_view line) {
    Words words = words_of(line);
    if (words.size() > kName && !is_disk_left_out(words[kName])) rows.push_back(std::move(words));
  });
  write_columns(kDiskColumns, rows, kName, writer);
}

void HostMetrics::write_network(ExpositionWriter& writer) const {
  std::string text = read("/proc/net/dev");
  std::ranges::replace(text, ':', ' ');  // "eth0:123", when the number is long
  std::vector<Words> rows;
  for_each_line(text, [&](std::string_view line) {
    Words words = words_of(line);
    // Two lines of headings.
    if (words.size() > 1 && is_digits(words[1])) rows.push_back(std::move(words));
  });
  write_columns(kNetworkColumns, rows, 0, writer);
}

}  // namespace sawlog::agent
