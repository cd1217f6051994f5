// The files behind POST /record: lines are appended here and followed by the metrics' consumer like
// those of any other file. state_dir/recorded/NUMBER.json.
//
// Invariants:
//   * append() returns after fdatasync: what was answered survives a crash;
//   * a line is written whole or not at all: after a failed write the next line goes to a new file;
//   * at most kFilesMax files of about kFileBytesMax: when the oldest is not read to its end, lines
//     are refused (kUnavailable) until it is. What was read is removed.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

class RecordLog {
 public:
  static constexpr uint64_t kFileBytesMax = 4u << 20;
  static constexpr size_t kFilesMax = 4;

  // Whether what the file has, so many bytes, was read and saved.
  using IsRead = std::function<bool(const std::string& path, uint64_t size_bytes)>;

  [[nodiscard]] static base::Expected<std::unique_ptr<RecordLog>> open(base::Filesystem& filesystem,
                                                                       std::string directory,
                                                                       IsRead is_read);

  // line: with its line end.
  [[nodiscard]] base::Expected<void> append(std::string_view line);

 private:
  RecordLog(base::Filesystem& filesystem, std::string directory, IsRead is_read)
      : filesystem_(filesystem), directory_(std::move(directory)), is_read_(std::move(is_read)) {}

  [[nodiscard]] std::string path_of(uint64_t number) const;
  base::Expected<void> find_files();
  base::Expected<void> continue_file();
  base::Expected<void> start_file();
  void remove_read_files();

  base::Filesystem& filesystem_;
  const std::string directory_;
  const IsRead is_read_;
  std::mutex mutex_;
  std::vector<uint64_t> numbers_;  // of the files there are, rising
  uint64_t last_number_ = 0;
  std::unique_ptr<base::File> file_;  // the last one; nullptr: the next line begins another
  uint64_t file_bytes_ = 0;
};

}  // namespace sawlog::agent
