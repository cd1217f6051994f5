// Writes the shipped form of a record: the original bytes with small edits spliced in.
//
// keys: canonical (the default) edits only where a destination would suffer:
//   * the time goes to "@timestamp" (RFC 3339, UTC; the original digits when it already is that). A
//     record without a readable time gets that of its chunk;
//   * msg/event to "message"; the level to "log.level" as a word;
//   * a scalar under a name that is an object in ECS (error host event service user url http source
//     log) one level down (error.message, host.name, event → message, service.name, user.name,
//     url.original, http.value, source.address, log.value);
//   * if the target key exists already, the alias moves to "labels.<alias>"; so does an
//     "@timestamp" that is no time, and the second of two equal keys ("labels.<key>_2"), which
//     Elasticsearch refuses;
//   * trace_ids: also trace.id and span.id (Elasticsearch).
// keys: as_is leaves every byte and adds nothing but a missing "@timestamp", because no destination
// can do without one. In both modes
//   * what is not a JSON object is wrapped: {"@timestamp":…,"message":"the line"}; bytes that are
//     not UTF-8 become U+FFFD and "log.flags" says "binary";
//   * a cut line, no longer being JSON, is wrapped and marked: "log.flags":"truncated",
//     "log.original_bytes":N;
//   * "\ud800" without its partner becomes "\ufffd": it is no Unicode (RFC 8259 section 8.2), and
//     destinations refuse it.
// enrich (per source; canonical only): host.name, log.file.path and the labels, where the record
// lacks them. A label of that name takes the place of host.name or log.file.path.
//
// Limit: a record with more than 16 repeated keys is wrapped.
//
// Not thread-safe. Appends exactly one JSON object without a line end; the result is always valid
// JSON and valid UTF-8, and no key stands twice at its top because of an edit.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json_encode.h"
#include "parsers/chunk.h"
#include "parsers/record.h"

namespace sawlog::parsers {

struct LineWriterOptions {
  bool canonical_keys = true;
  bool elastic_trace_keys = false;
  std::string host_name = {};  // "": none is added
};

class LineEdits;

class LineWriter {
 public:
  explicit LineWriter(LineWriterOptions options);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // record: the current one of a RecordReader with Purpose::kShipping that reads chunk.
  void append(const Chunk& chunk, const Record& record, std::string& out);

 private:
  void use_path(std::string_view path);
  void append_enrichment(const Record& record, bool is_wrapped, std::string& out) const;
  void append_wrapped(const Record& record, std::string& out) const;
  void append_edited(const Record& record, std::string& out) const;

  const LineWriterOptions options_;
  std::string host_field_;  // "host.name":"…", encoded once, with a comma behind it; "" without one
  std::string path_;        // that path_field_ was made for
  std::string path_field_;  // "log.file.path":"…",
  std::unique_ptr<LineEdits> edits_;
  std::vector<char> room_;
  base::Rfc3339Writer times_;
};

}  // namespace sawlog::parsers
