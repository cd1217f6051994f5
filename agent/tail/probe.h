// A look into a found file that is not known yet. What was read stays until the file changes, so
// that a sibling that is left alone is not read again at every look; nor is it kept open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/tail/evidence.h"
#include "agent/tail/scanner.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

class Probe {
 public:
  // Opens the file and reads how it begins. kUnavailable if another file has that name by now.
  [[nodiscard]] static base::Expected<Probe> open(base::Filesystem& filesystem,
                                                  const FoundFile& found);
  void close() { file_.reset(); }
  // Opened again if it was closed. kUnavailable if another file has the name by now.
  [[nodiscard]] base::Expected<std::shared_ptr<base::File>> file();

  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] Compression compression() const { return compression_; }
  [[nodiscard]] const base::FileStat& status() const { return status_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // False while the first bytes do not tell what it is (a .gz that gzip has just begun).
  [[nodiscard]] bool is_readable() const { return is_readable_; }

  // Compressed content: nobody writes it any more, or it ends where a compressed file may end.
  // Plain content always is.
  [[nodiscard]] bool is_complete();
  // False only if it is known that no process has it open for writing.
  [[nodiscard]] bool may_grow();
  // Where its bytes end, with proof. Compressed content is decoded for it, once. Nothing if it
  // cannot be read now.
  [[nodiscard]] std::optional<Cursor> end();
  [[nodiscard]] CursorCheck check(const Cursor& cursor);

 private:
  explicit Probe(base::Filesystem& filesystem) : filesystem_(&filesystem) {}
  void decode();

  base::Filesystem* filesystem_;
  std::string path_;
  base::FileStat status_;
  std::shared_ptr<base::File> file_;
  Compression compression_ = Compression::kNone;
  bool is_readable_ = true;
  std::string prefix_;
  std::optional<bool> is_whole_;
  std::optional<Cursor> end_;
};

// The probes of the files that were found and are not known, by inode.
class Probes {
 public:
  explicit Probes(base::Filesystem& filesystem) : filesystem_(filesystem) {}

  // The probe of the file as it is now, read again only if the file has changed.
  [[nodiscard]] base::Expected<Probe*> get(const FoundFile& found);
  // The file is known now.
  void forget(const FoundFile& found);
  // Forgets those that were not asked for since the last call, and closes the others.
  void forget_unused();

 private:
  struct Entry {
    Probe probe;
    bool is_used = true;
  };
  base::Filesystem& filesystem_;
  std::map<std::pair<uint64_t, uint64_t>, Entry> entries_;
};

}  // namespace sawlog::agent
