#include "agent/tail/content_matcher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <tuple>

#include "agent/tail/sibling_name.h"
#include "lib/base/check.h"

namespace sawlog::agent {

void ContentMatcher::match(const std::vector<const FoundFile*>& found) {
  note_first_starts();
  unknown_.clear();
  unclear_.clear();
  matches_.clear();
  for (const FoundFile* file : found) collect(*file);
  std::ranges::sort(unknown_, [](const Unknown& a, const Unknown& b) {
    const auto key = [](const Unknown& unknown) {
      return std::tuple(unknown.probe->compression() != Compression::kNone, unknown.is_rotated,
                        UINT64_MAX - unknown.probe->status().size_bytes, unknown.name->path);
    };
    return key(a) < key(b);
  });
  for (Unknown& unknown : unknown_) {
    if (!unknown.is_ignored) settle_renumbered(unknown);
  }
  for (Unknown& unknown : unknown_) {
    if (unknown.is_rotated && !unknown.is_done) settle_rotated(unknown);
  }
  settle_matches();
  for (Unknown& unknown : unknown_) {
    if (!unknown.is_rotated && !unknown.is_done) settle_live(unknown);
  }
  // Live ones first, then plain ones: their copies are then copies of a known file.
  for (Unknown& unknown : unknown_) {
    if (unknown.is_done || unknown.is_ignored) continue;
    if (is_too_early(unknown)) continue;
    if (unknown.is_rotated) {
      settle_rotated(unknown);
      settle_matches();
    }
    if (!unknown.is_done && unknown.probe->is_complete()) add_new(unknown);
  }
  probes_.forget_unused();
}

// The live file, or the file that it is the compressed copy of, is not settled yet.
bool ContentMatcher::is_too_early(const Unknown& unknown) const {
  if (!unknown.is_rotated) return false;
  const std::string& path = unknown.name->path;
  return unclear_.contains(unknown.name->base) ||
         (compression_by_name(path) != Compression::kNone &&
          unclear_.contains(path.substr(0, path.rfind('.'))));
}

void ContentMatcher::note_first_starts() {
  first_look_sources_.clear();
  for (const TailSource& source : context_.sources) {
    const std::string& name = source.context->name;
    if (context_.store->first_start_unix_ns(name)) continue;
    context_.store->set_first_start(name, context_.clock.unix_ns());
    first_look_sources_.insert(name);
  }
}

void ContentMatcher::collect(const FoundFile& found) {
  Unknown unknown;
  unknown.found = &found;
  unknown.name = &found.names.front();
  unknown.is_rotated = bases_.is_sibling(*unknown.name, nullptr);
  unknown.is_ignored = is_too_old(unknown);
  if (unknown.is_ignored && !has_nameless_file(unknown.name->base)) return;
  const auto probe = probes_.get(found);
  if (!probe) {
    const base::ErrorCode code = probe.error().code;
    if (code != base::ErrorCode::kNotFound && code != base::ErrorCode::kUnavailable) {
      context_.report_once(probe.error().message, unknown.name->path);
    }
    return;
  }
  unknown.probe = *probe;
  if (unknown.probe->is_readable()) unknown_.push_back(unknown);
}

// A rotated sibling from before the source's first start that no glob names itself.
bool ContentMatcher::is_too_old(const Unknown& unknown) const {
  const TailSource& source = source_of(unknown);
  if (!unknown.is_rotated || unknown.name->is_listed || source.backfill) return false;
  const auto first_start = context_.store->first_start_unix_ns(source.context->name);
  return unknown.found->status.modified_unix_ns <= first_start.value_or(INT64_MAX);
}

bool ContentMatcher::has_nameless_file(const std::string& base) {
  return std::ranges::any_of(bases_.with_base(base), [](const KnownFile* known) {
    return !known->is_found && !known->record.is_released;
  });
}

// --- device numbers ----------------------------------------------------------------------------

// After a reboot the same inodes may have another device number. They come before copies of them.
void ContentMatcher::settle_renumbered(Unknown& unknown) {
  for (KnownFile* known : context_.files.with_inode(unknown.found->status.inode)) {
    if (!known->is_gone() || !begins_like(unknown.probe->prefix(), known->record.evidence)) {
      continue;
    }
    const Relation found = relation(unknown, *known);
    if (found == Relation::kSame) take_over(*known, unknown);
    if (found == Relation::kUnclear) {
      unclear_.insert(unknown.name->path);
      unknown.is_done = true;
    }
    if (unknown.is_done) return;
  }
}

// --- rotated siblings --------------------------------------------------------------------------

void ContentMatcher::settle_rotated(Unknown& unknown) {
  const std::vector<KnownFile*> candidates = candidates_of(unknown);
  for (KnownFile* known : candidates) {
    if (!is_whole_copy(unknown, *known)) continue;
    settle_with(unknown, *known);
    return;
  }
  for (KnownFile* known : candidates) {
    if (settle_with(unknown, *known)) return;
  }
}

// The longest of several has all that the others have, which are then copies of it.
void ContentMatcher::settle_matches() {
  rank_matches();
  for (const Match& match : std::exchange(matches_, {})) {
    if (match.unknown->is_done) continue;
    if (match.known->is_gone()) {
      take_over(*match.known, *match.unknown);
    } else {
      settle_rotated(*match.unknown);
    }
  }
  matches_.clear();
}

// Compressed content is decoded for its length only where there is a choice.
void ContentMatcher::rank_matches() {
  for (Match& match : matches_) {
    const auto is_of_same = [&](const Match& other) { return other.known == match.known; };
    if (std::ranges::count_if(matches_, is_of_same) < 2) continue;
    match.end_offset = match.unknown->probe->end().value_or(Cursor{}).offset;
  }
  std::ranges::stable_sort(matches_, [](const Match& a, const Match& b) {
    return std::tuple(a.is_shorter, b.end_offset) < std::tuple(b.is_shorter, a.end_offset);
  });
}

// True if no other known file need be asked.
bool ContentMatcher::settle_with(Unknown& unknown, KnownFile& known) {
  switch (relation(unknown, known)) {
    case Relation::kSame:
      matches_.push_back({&unknown, &known, false});
      return true;
    case Relation::kShorter:
      if (known.is_cut_off) return false;
      if (known.record.is_released) return unknown.is_done = is_leftover(unknown, known);
      matches_.push_back({&unknown, &known, true});
      return false;
    case Relation::kCopy:
      if (may_replace(known, *unknown.probe)) {
        take_over(known, unknown);
      } else {
        note_copy(known, *unknown.probe);
      }
      return unknown.is_done = true;
    case Relation::kUnclear:
      known.is_copy_expected = true;
      unclear_.insert(unknown.name->path);
      return unknown.is_done = true;
    case Relation::kUnrelated:
      break;
  }
  return false;
}

void ContentMatcher::note_copy(KnownFile& known, Probe& probe) {
  const auto end = probe.end();
  known.has_whole_copy = known.has_whole_copy || (end && end->offset >= known.size_bytes);
  if (!end || end->offset >= known.size_bytes || is_noted(*end, known)) return;
  std::vector<Cursor>& copies = known.record.copies;
  if (copies.size() >= kNotedCopiesMax) copies.erase(copies.begin());
  copies.push_back(*end);
  context_.save(known);
}

// --- live names --------------------------------------------------------------------------------

// A new inode under a live name is a new file, unless all of the evidence says that the same
// content was written anew (an editor, a restored backup).
void ContentMatcher::settle_live(Unknown& unknown) {
  for (KnownFile* known : candidates_of(unknown)) {
    if (!known->is_gone()) continue;
    const bool is_strong =
        known->record.evidence.length_bytes == kEvidenceBytesMax && known->proof.offset > 0;
    if (!is_strong) continue;
    const Relation found = relation(unknown, *known);
    if (found == Relation::kSame) take_over(*known, unknown);
    if (found == Relation::kUnclear) unknown.is_done = true;
    if (unknown.is_done) return;
  }
}

// What the rotated siblings of the file are, or will be, named after.
std::string ContentMatcher::base_of(const Unknown& unknown) {
  if (unknown.is_rotated) return bases_.base_of(*unknown.name);
  return unknown.name->is_sibling ? unknown.name->path : unknown.name->base;
}

// --- decisions ---------------------------------------------------------------------------------

// What was read beyond the end of a copy is nowhere any more. Consumers may just be reading it.
void ContentMatcher::note_end_of_copy(KnownFile& known, Unknown& unknown) {
  Probe& probe = *unknown.probe;
  const bool is_below_evidence = probe.prefix().size() < known.record.evidence.length_bytes;
  if (is_below_evidence || probe.check(known.proof) == CursorCheck::kTooShort) {
    known.proof = probe.end().value_or(Cursor{});
    known.size_bytes = known.proof.offset;
    if (is_below_evidence) known.record.evidence = evidence_of(probe.prefix());
  }
  known.record.is_copy = unknown.is_rotated;
  known.record.end = known.proof;
}

void ContentMatcher::take_over(KnownFile& known, Unknown& unknown) {
  Probe& probe = *unknown.probe;
  note_end_of_copy(known, unknown);
  known.content.reset();
  known.is_held = false;
  known.is_found = true;
  known.path = unknown.name->path;
  known.is_verified = true;
  known.compression = probe.compression();
  known.has_live_name = !unknown.is_rotated && known.compression == Compression::kNone;
  known.status = probe.status();
  if (known.compression == Compression::kNone) known.size_bytes = probe.status().size_bytes;
  known.grown_at_ns = context_.clock.monotonic_ns();
  known.looks_missing = 0;
  known.source_index = unknown.found->source_index;
  if (!unknown.is_rotated && known.record.base != base_of(unknown)) {
    known.record.base = base_of(unknown);
    bases_.add(known);
  }
  context_.files.set_inode(known, probe.status().device, probe.status().inode);
  context_.save(known);
  // Held from now on, whether or not the state can be written.
  if (const auto file = probe.file(); file && known.file != nullptr) {
    known.content = TailContext::make_content(known, *file);
  }
  forget_probe(unknown);
  unknown.is_done = true;
  ++context_.counters.identities_taken_over;
  if (known.file == nullptr) return;
  context_.report(TailEvent::Level::kInfo, "the content was found here; reading goes on", known);
}

void ContentMatcher::add_new(Unknown& unknown) {
  const FoundName& name = *unknown.name;
  Probe& probe = *unknown.probe;
  const TailSource& source = source_of(unknown);
  IdentityRecord record;
  record.id = context_.draw_id();
  record.source = source.context->name;
  record.path = name.path;
  record.base = base_of(unknown);
  record.device = probe.status().device;
  record.inode = probe.status().inode;
  record.evidence = evidence_of(probe.prefix());
  record.last_seen_unix_ns = context_.clock.unix_ns();
  if (source.start_at_end && is_first_look(unknown)) {
    // What is compressed does not grow: there is nothing to wait for.
    record.is_released = probe.compression() != Compression::kNone;
    record.start_offset = record.is_released ? 0 : end_of_last_line(unknown);
  }
  KnownFile& known = context_.files.add(std::move(record));
  if (probe.compression() == Compression::kNone) {
    const auto file = probe.file();
    if (!file || !note_proof(known, probe.prefix(), **file, probe.status().size_bytes)) {
      context_.files.remove(known.record.id);  // it is changing: another look
      return;
    }
  }
  known.source_index = unknown.found->source_index;
  known.is_found = true;
  known.is_verified = true;
  known.compression = probe.compression();
  known.has_live_name = !unknown.is_rotated && known.compression == Compression::kNone;
  known.status = probe.status();
  if (known.compression == Compression::kNone) known.size_bytes = probe.status().size_bytes;
  known.grown_at_ns = context_.clock.monotonic_ns();
  if (!known.record.is_released) known.file = context_.make_file(known);
  bases_.add(known);
  context_.save(known);
  ++context_.counters.files_discovered;
  forget_probe(unknown);
  unknown.is_done = true;
  context_.report(TailEvent::Level::kInfo, "file found", known);
}

// Its descriptor is not kept.
void ContentMatcher::forget_probe(Unknown& unknown) {
  unknown.probe = nullptr;
  probes_.forget(*unknown.found);
}

bool ContentMatcher::is_first_look(const Unknown& unknown) const {
  return first_look_sources_.contains(source_of(unknown).context->name);
}

// A line that was half written at the start is delivered whole.
uint64_t ContentMatcher::end_of_last_line(Unknown& unknown) const {
  std::array<char, 4096> block{};
  uint64_t end = unknown.probe->status().size_bytes;
  while (end > 0) {
    const uint64_t size = std::min<uint64_t>(end, block.size());
    const auto file = unknown.probe->file();
    const auto count = file ? (*file)->read_at(end - size, std::span(block).first(size))
                            : base::Expected<size_t>(tl::unexpected(file.error()));
    if (!count || *count < size) break;
    const auto* newline = static_cast<const char*>(memrchr(block.data(), '\n', size));
    if (newline != nullptr) return end - size + static_cast<uint64_t>(newline - block.data()) + 1;
    end -= size;
  }
  return end;
}

}  // namespace sawlog::agent
