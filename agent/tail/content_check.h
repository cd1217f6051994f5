// Comparing what is known with what is found: is this inode still the file that it was, and is that
// sibling the file whose content has gone?
#pragma once

#include <memory>
#include <string_view>

#include "agent/tail/known_file.h"
#include "agent/tail/probe.h"
#include "agent/tail/tail_context.h"

namespace sawlog::agent {

enum class Comparison : uint8_t {
  kSame,
  kOther,       // truncated, rewritten, or another file with a reused inode number
  kUnreadable,  // no answer in this look
};

// Compares the open file, which has the known inode number, with what is known; when it is the
// same, notes how far it has grown (record.evidence, status, size_bytes, proof).
[[nodiscard]] Comparison compare_content(KnownFile& known, const std::shared_ptr<base::File>& file,
                                         const std::string& path, int64_t now_ns);

// The content has so many bytes and begins with prefix: notes what proves that (proof,
// record.marks).
[[nodiscard]] base::Expected<void> note_proof(KnownFile& known, std::string_view prefix,
                                              base::File& plain, uint64_t size_bytes);

enum class Relation : uint8_t {
  kUnrelated,
  kSame,     // the content of the known file, whose own is gone
  kShorter,  // begins like it, but ends before the place that could prove it
  kCopy,     // of a known file that still has its own content
  kUnclear,  // too early to tell
};

// How a rotated sibling relates to a known file that it begins like. file: the known file's own
// content, null if that is gone.
[[nodiscard]] Relation relation_of(Probe& sibling, const KnownFile& known,
                                   const std::shared_ptr<base::File>& own_file);

}  // namespace sawlog::agent
