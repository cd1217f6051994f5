#include "agent/checkpoint/agent_id.h"

#include <algorithm>
#include <array>

#include "lib/base/file_id.h"

namespace sawlog::agent {

namespace {

constexpr size_t kDigits = 24;

base::Expected<std::string> read_id(base::File& file, const std::string& path) {
  std::array<char, kDigits + 2> bytes{};
  auto count = file.read_at(0, bytes);
  if (!count) return tl::unexpected(count.error());
  const std::string_view text(bytes.data(), *count);
  const std::string_view id = text.substr(0, kDigits);
  const bool is_hex = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (text.size() != kDigits + 1 || !is_hex || text.back() != '\n') {
    return base::unexpected(base::ErrorCode::kCorrupt,
                            "cannot use '" + path +
                                "': it does not hold an agent's id; without it a new one is made, "
                                "and what was on its way to Kafka may arrive twice");
  }
  return std::string(id);
}

std::string make_id(const std::function<uint64_t()>& random) {
  base::FileId bits;
  const std::array<uint64_t, 2> drawn{random(), random()};
  std::memcpy(bits.bytes.data(), drawn.data(), bits.bytes.size());
  return bits.hex();
}

}  // namespace

base::Expected<std::string> load_agent_id(base::Filesystem& filesystem,
                                          const std::string& state_dir,
                                          const std::function<uint64_t()>& random) {
  const std::string path = state_dir + "/id";
  auto known = filesystem.open(path, base::OpenMode::kRead);
  if (known) return read_id(**known, path);
  if (known.error().code != base::ErrorCode::kNotFound) return tl::unexpected(known.error());
  const std::string aside = path + ".new";
  std::string id = make_id(random);
  auto file = filesystem.open(aside, base::OpenMode::kTruncate);
  if (!file) return tl::unexpected(file.error());
  if (auto done = (*file)->append(id + "\n"); !done) return tl::unexpected(done.error());
  if (auto done = (*file)->sync_data(); !done) return tl::unexpected(done.error());
  if (auto done = filesystem.rename(aside, path); !done) return tl::unexpected(done.error());
  if (auto done = filesystem.sync_directory(state_dir); !done) return tl::unexpected(done.error());
  return id;
}

}  // namespace sawlog::agent
