// Which label sets a Loki output may use: at most streams_max different ones in a day of the
// records' time (UTC). A label whose values turn out to be ids then costs Loki a thousand streams,
// not millions.
//
// The answer for a label set must be the same after a crash: a line that is sent again in another
// stream would be shown twice. So what was admitted is part of the output's state, and a label set
// may be used only when it is saved (needs_save()).
//
// State (save_state(), text): the day as days since 1970, then a hash (XXH3, 64 bits) of each label
// set that was admitted in it, in hexadecimal. A delta holds the new ones; a later day in a delta
// begins anew.
//
// Records of an earlier day than the present one count for the present one. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lib/base/error.h"
#include "outputs/output.h"

namespace sawlog::outputs {

class StreamLimit {
 public:
  explicit StreamLimit(size_t streams_max) : streams_max_(streams_max) {}

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states);

  // Whether records with these labels may have a stream of their own.
  [[nodiscard]] bool admits(std::string_view labels);
  // Before each record. True: a new day began, and nothing is admitted yet.
  [[nodiscard]] bool begin_day(int64_t time_unix_ns);

  [[nodiscard]] size_t stream_count() const { return admitted_.size(); }
  [[nodiscard]] bool needs_save() const { return !unsaved_.empty(); }
  [[nodiscard]] std::string save_state(SaveKind kind);
  void saved();

 private:
  [[nodiscard]] bool take(std::string_view state);

  const size_t streams_max_;
  int64_t day_ = INT64_MIN;
  std::unordered_set<uint64_t> admitted_;
  std::vector<uint64_t> unsaved_;  // of admitted_, in the order in which they came
  size_t offered_count_ = 0;       // of unsaved_, by the last save_state()
};

}  // namespace sawlog::outputs
