// The first half of identification: what became of the files that we know. Found inodes are
// compared with what is known of them; known files that were not found are looked after.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/tail/base_index.h"
#include "agent/tail/content_check.h"
#include "agent/tail/scanner.h"
#include "agent/tail/tail_context.h"

namespace sawlog::agent {

class InodeMatcher {
 public:
  InodeMatcher(TailContext& context, BaseIndex& bases) : context_(context), bases_(bases) {}

  // Returns the files of the look that are none of the known ones; they point into the look.
  [[nodiscard]] std::vector<const FoundFile*> match(const Look& look);
  // Some file was missing for the first time: looking again at once tells whether it is gone.
  [[nodiscard]] bool wants_another_look() const { return wants_another_look_; }

 private:
  bool match_one(const FoundFile& found);
  Comparison compare(KnownFile& known, const FoundFile& found);
  Comparison compare(KnownFile& known, const std::shared_ptr<base::File>& file,
                     const std::string& path);
  bool has_live_name(const KnownFile& known, const FoundFile& found);
  void note_found(KnownFile& known, const FoundFile& found);
  void note_base(KnownFile& known, const FoundName& live);
  void adopt(KnownFile& known, const FoundFile& found);
  void detach(KnownFile& known, bool is_truncated);
  void reopen_if_grown(KnownFile& known);
  void look_after_unnamed(KnownFile& known, const Look& look);
  Comparison compare_unnamed(KnownFile& known);
  bool find_unnamed(KnownFile& known);

  TailContext& context_;
  BaseIndex& bases_;
  int64_t now_ns_ = 0;
  bool wants_another_look_ = false;
};

}  // namespace sawlog::agent
