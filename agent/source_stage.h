// What the configuration of a source does to its chunks before a consumer's handler sees them, with
// the `where` of the consumer's output:
//
//   records as read ─▶ translate (what is not JSON) ─▶ redact ─▶ filter (where, sample) ─▶ handler
//
// A chunk of a source without any of this passes as it is. Not thread-safe; one per consumer.
#pragma once

#include <string>
#include <unordered_map>

#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/line_translator.h"
#include "parsers/record_filter.h"
#include "parsers/redactor.h"

namespace sawlog::agent {

class SourceStage {
 public:
  // kInvalid: the output's where is no expression.
  [[nodiscard]] static base::Expected<void> check(const std::string& where);
  explicit SourceStage(std::string where) : where_(std::move(where)) {}

  // The contexts of the sources have changed: what was made of them is made again.
  void forget_sources() { sources_.clear(); }
  // Leaves in the chunk the records that are for the handler, until the next call. True if they
  // depend on the chunk's times, which must then be the same after a crash.
  [[nodiscard]] bool apply(parsers::Chunk& chunk);

 private:
  struct Source {
    std::unique_ptr<parsers::LineTranslator> translator;  // if its lines may be anything but JSON
    std::unique_ptr<parsers::Redactor> redactor;          // if anything is to be masked
    parsers::RecordFilter filter;
  };
  Source& source_of(const parsers::SourceContext& context);

  const std::string where_;
  std::unordered_map<const parsers::SourceContext*, Source> sources_;
};

}  // namespace sawlog::agent
