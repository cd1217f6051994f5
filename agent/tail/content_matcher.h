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
  // A sibling that may be the content that a known file has lost.
  struct Match {
    Unknown* unknown = nullptr;
    KnownFile* known = nullptr;
    bool is_shorter = false;  // than what was read of it
    uint64_t end_offset = 0;
  };

  bool is_too_early(const Unknown& unknown) const;
  void note_first_starts();
  void collect(const FoundFile& found);
  bool is_too_old(const Unknown& unknown) const;
  bool has_nameless_file(const std::string& base);
  std::vector<KnownFile*> candidates_of(const Unknown& unknown);
  bool may_be(const Unknown& unknown, const KnownFile& known) const;
  bool may_become(const Unknown& unknown, const KnownFile& known) const;
  void settle_renumbered(Unknown& unknown);
  void settle_rotated(Unknown& unknown);
  static bool is_leftover(Unknown& unknown, const KnownFile& known);
  void settle_matches();
  void rank_matches();
  bool is_whole_copy(Unknown& unknown, KnownFile& known);
  bool settle_with(Unknown& unknown, KnownFile& known);
  Relation relation(Unknown& unknown, KnownFile& known);
  Relation relation_to_gone(Unknown& unknown, KnownFile& known) const;
  void note_copy(KnownFile& known, Probe& probe);
  static bool is_noted(const Cursor& end, const KnownFile& known);
  bool may_replace(const KnownFile& known, Probe& probe) const;
  void settle_live(Unknown& unknown);
  std::string base_of(const Unknown& unknown);
  static void note_end_of_copy(KnownFile& known, Unknown& unknown);
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
  std::vector<Match> matches_;
  std::set<std::string> unclear_;  // names of files that it is too early to tell about
  std::set<std::string> first_look_sources_;
};

}  // namespace sawlog::agent
