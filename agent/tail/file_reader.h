// Reads the decompressed bytes of tailed files at any offset, for one consumer.
//
// Plain files are read by pread. A compressed file is read forward; the decoder's state is kept
// between calls (decoders_max of them, the longest unused is closed), so that reading on costs
// nothing and only a jump backwards starts over. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"

namespace sawlog::agent {

class FileReader {
 public:
  explicit FileReader(size_t decoders_max = 8);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  // Up to into.size() bytes at the offset; 0 at the end as it is now (also at the end of a
  // compressed file that is still being written). kCorrupt for damaged compressed data.
  [[nodiscard]] base::Expected<size_t> read(const TailedFile& file, uint64_t offset,
                                            std::span<char> into);

 private:
  class Decoders;
  std::unique_ptr<Decoders> decoders_;
};

}  // namespace sawlog::agent
