// Reads the wanted fields of every line of a chunk, and nothing else of it.
//
//   RecordReader reader({"log.level", "http.route", "tenant"}, Purpose::kFields);
//   reader.start(chunk);
//   while (const Record* record = reader.next()) use((*record)[0]);
//
// A name is a canonical field of docs/format.md (then its aliases count too, and the source's own
// name for it, SourceContext::fields, before them) or any other dotted name (then only itself
// counts). Both spellings are found: {"http.route": …} and {"http": {"route": …}}. When a line has
// several of them, the canonical name wins, then the aliases in the order of the table.
//
// Units: the field "event.duration" is always given in ns (kInteger or kDouble), whatever the
// alias: duration, duration_s, elapsed are seconds; duration_ms, latency_ms, response_time_ms
// milliseconds. "log.level" keeps its text; use Record::level(). Time and level are always read.
//
// A line that is not a JSON object has shape kText or kBinary, field "message" = the line, all
// other fields absent. It never fails: what a service wrote is a record. Not thread-safe; one
// reader per consumer. No allocation per record once warm.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/record.h"

namespace sawlog::parsers {

enum class Purpose : uint8_t {
  kFields,    // values only (metrics, filters)
  kShipping,  // also the places that LineWriter edits
};

class RecordReader {
 public:
  RecordReader(std::vector<std::string> names, Purpose purpose);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  // The index of a name given to the constructor (CHECKs that it was).
  [[nodiscard]] FieldIndex field(std::string_view name) const;

  // chunk must outlive the iteration.
  void start(const Chunk& chunk);
  // The next line's record, or nullptr after the last.
  [[nodiscard]] const Record* next();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::parsers
