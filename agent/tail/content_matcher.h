// The second half of identification: who the files are whose inode is not known. A rotated sibling
// may hold the content of a file that we know; everything else is new, or none of our business.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "agent/tail/base_index.h"
#include "agent/tail/content_check.h"
#include "agent/tail/probe.h"
#include "agent/tail/scanner.h"
#include "agent/tail/tail_context.h"

namespace sawlog::agent {

class ContentMatcher {
 public:
  ContentMatcher(TailContext& context, BaseIndex& bases)
      : context_(context), bases_(bases), probes_(context.filesystem) {}

  // found: what InodeMatcher did not know.
  void match(const std::vector<const FoundFile*>& found);

 private:
  struct Unknown {
    const FoundFile* found = nullptr;
    const FoundName* name = nullptr;
    bool is_rotated = false;
    bool is_ignored = false;  // a sibling from before the source's first start: never a new file
    Probe* probe = nullptr;
    bool is_done = false;
  };
  enum class Pass : uint8_t { kProven, kShorterToo };

  void note_first_starts();
  void collect(const FoundFile& found);
  bool is_too_old(const Unknown& unknown) const;
  bool has_nameless_file(const std::string& base);
  std::vector<KnownFile*> candidates_of(const Unknown& unknown);
  static bool may_be(const Unknown& unknown, const KnownFile& known);
  void settle_rotated(Unknown& unknown, Pass pass);
  bool settle_with(Unknown& unknown, KnownFile& known, Pass pass);
  Relation relation(Unknown& unknown, KnownFile& known);
  void note_short_copy(KnownFile& known, const std::string& prefix);
  bool may_replace(const KnownFile& known, Probe& probe) const;
  void settle_live(Unknown& unknown);
  void take_over(KnownFile& known, Unknown& unknown);
  void add_new(Unknown& unknown);
  void forget_probe(Unknown& unknown);
  uint64_t end_of_last_line(Unknown& unknown) const;
  bool is_first_look(const Unknown& unknown) const;
  const TailSource& source_of(const Unknown& unknown) const {
    return context_.sources[unknown.found->source_index];
  }

  TailContext& context_;
  BaseIndex& bases_;
  Probes probes_;
  std::vector<Unknown> unknown_;
  std::set<std::string> first_look_sources_;
};

}  // namespace sawlog::agent
