// The agent's own copies of content that would be lost with it: when an unread file has lost its
// last name and no sibling holds all of it, its unread rest is copied to state_dir/held/FILEID.zst
// (zstd frames), and read from there when nothing else is left of the file after a restart.
//
// Invariants:
//   * what the identity record says of a copy (held_begin, held_end, held_bytes) is on the disk
//     before the record is; bytes behind held_bytes mean nothing and are cut off;
//   * a copy begins a little before the last acknowledged offset, so that cursors can be checked;
//   * a copy is removed only when the record that let its file go is durable.
// Only tail's thread uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/tail/file_reader.h"
#include "agent/tail/tail_context.h"
#include "lib/base/error.h"

namespace sawlog::agent {

class HeldContents {
 public:
  explicit HeldContents(TailContext& context) : context_(context) {}

  // Copies what has come since the last call, up to some MiB.
  [[nodiscard]] base::Expected<void> hold(KnownFile& known);
  // From now on the file is read from its copy, and ends where that does. False if it cannot be
  // opened now.
  bool read_from_copy(KnownFile& known);
  // After the file was let go, durably.
  void remove(KnownFile& known);
  // Copies that no record tells of: of a crash before the first record, or after a release.
  void remove_unknown();
  // Finds what is beyond the limits of its source (KnownFile::is_over_limit), and counts the bytes.
  void keep_limits();

 private:
  [[nodiscard]] std::string directory() const { return context_.options.state_dir + "/held"; }
  [[nodiscard]] std::string path_of(const KnownFile& known) const;
  void keep_limits_of(size_t source_index, std::vector<KnownFile*>& held, int64_t now_unix_ns);
  base::Expected<std::unique_ptr<base::File>> open(KnownFile& known);
  base::Expected<std::unique_ptr<base::File>> create(KnownFile& known);

  TailContext& context_;
  FileReader reader_{2};
};

}  // namespace sawlog::agent
