// Reads the decompressed bytes of tailed files at any offset, for one consumer.
//
// Plain files are read by pread. A compressed file is read forward; the decoder's state is kept
// between calls (decoders_max of them, the longest unused is closed), so that reading on costs
// nothing and only a jump backwards starts over.
//
// A plain file can be truncated and written anew at any moment. So each read looks again at the
// last bytes that it read before from this file: if they are gone, or the file is shorter than tail
// has seen it, nothing is returned and ContentFindings::is_replaced tells tail, which then finds
// out where the rest is.
// Not thread-safe.
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
  // compressed file that is still being written, and where compressed data is damaged: tail reports
  // that). kUnavailable while the file has no content (its rest is being looked for) and when the
  // content was replaced: later reads may succeed again.
  [[nodiscard]] base::Expected<size_t> read(const TailedFile& file, uint64_t offset,
                                            std::span<char> into);
  // Files that tail has let go: their decoders, and with them their descriptors, are closed.
  void close_released();

 private:
  class Decoders;
  class LastReads;
  std::unique_ptr<Decoders> decoders_;
  std::unique_ptr<LastReads> last_reads_;
};

}  // namespace sawlog::agent
