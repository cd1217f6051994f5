// The last lines of the followed files, for people who look: read from the files when somebody
// asks, so that nothing is kept for it and no line costs anything.
//
// A line is shown as outputs get it: joined, translated, masked, filtered by the source's `where`
// and `sample`. Rotated and compressed files are not looked at.
//
// Bounds: kFilesMax files, the ones written last; of each the last kTailBytes, or kSearchBytes when
// a trace or text is sought, kSearchBytesMax in all; of a raw line kRawBytesMax.
#pragma once

#include <cstdint>
#include <string>

#include "agent/tail/file_table.h"
#include "lib/base/filesystem.h"
#include "parsers/record.h"

namespace sawlog::agent {

struct LogQuery {
  std::string after = {};  // "next" of the answer before; "": the last lines there are
  parsers::Level level_min = parsers::Level::kUnknown;  // kUnknown: all, also those without one
  std::string service = {};                             // service.name; "": all
  std::string text = {};                                // in the line, in any case; "": all
  std::string trace = {};                               // trace_id; "": all
  size_t lines_max = 500;
};

class LogView {
 public:
  static constexpr size_t kFilesMax = 50;
  static constexpr uint64_t kTailBytes = 256u << 10;
  static constexpr uint64_t kSearchBytes = 4u << 20;
  static constexpr uint64_t kSearchBytesMax = 64u << 20;
  static constexpr size_t kRawBytesMax = 16u << 10;

  // filesystem outlives the view.
  explicit LogView(base::Filesystem& filesystem) : filesystem_(filesystem) {}

  // {"lines":[{"time":ms since 1970,"level":…,"service":…,"message":…,"trace":…,"file":…,"raw":…}],
  //  "next":…, "skipped_bytes":…}; by time, the newest lines_max of them. skipped_bytes: what was
  // written since "after" and is too much to show. Contexts of sources must not change meanwhile.
  [[nodiscard]] std::string json(const FileList& files, const LogQuery& query) const;

 private:
  base::Filesystem& filesystem_;
};

}  // namespace sawlog::agent
