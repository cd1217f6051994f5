// Writes the shipped form of a record: the original bytes with small edits spliced in.
//
// keys: canonical (the default) edits only where a destination would suffer:
//   * the time goes to "@timestamp" (RFC 3339, UTC; the original digits when it already is that);
//   * msg/event to "message"; the level to "log.level" as a word;
//   * a scalar under a name that is an object in ECS (error host event service user url http source
//     log) one level down (error.message, host.name, event → message, service.name, user.name,
//     url.original, http.value, source.address, log.value);
//   * if the target key exists already, the alias moves to "labels.<alias>";
//   * trace_ids: also trace.id and span.id (Elasticsearch).
// keys: as_is leaves every byte; only a missing "@timestamp" is added, because no destination can
// do without one… and what is not a JSON object is wrapped in both modes:
//   {"@timestamp":…,"message":"…","event.original_shape"…} see docs/format.md.
// enrich (per source): host.name, log.file.path and the labels, where the record lacks them.
// A cut line is marked: "log.flags":"truncated","log.original_bytes":N; being no longer valid JSON,
// it is wrapped.
//
// Not thread-safe. Appends exactly one JSON object without a line end; the result is always valid
// JSON and valid UTF-8.
#pragma once

#include <string>

#include "parsers/chunk.h"
#include "parsers/record.h"

namespace sawlog::parsers {

struct LineWriterOptions {
  bool canonical_keys = true;
  bool elastic_trace_keys = false;
  std::string host_name;
};

class LineWriter {
 public:
  explicit LineWriter(LineWriterOptions options);
  // record: the current one of a RecordReader with Purpose::kShipping that reads chunk.
  void append(const Chunk& chunk, const Record& record, std::string& out);

 private:
  LineWriterOptions options_;
  std::string host_field_;  // "\"host.name\":\"…\"," encoded once
};

}  // namespace sawlog::parsers
