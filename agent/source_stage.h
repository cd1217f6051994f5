// What the configuration of a source does to its chunks before a consumer's handler sees them, with
// the `where` of the consumer's output:
//
//   chunk as read ──▶ filter (where, sample) ──▶ the records that the handler gets
//
// A chunk of a source without any of this passes as it is. Not thread-safe; one per consumer.
#pragma once

#include <string>
#include <unordered_map>

#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/record_filter.h"

namespace sawlog::agent {

class SourceStage {
 public:
  // kInvalid: the output's where is no expression.
  [[nodiscard]] static base::Expected<void> check(const std::string& where);
  explicit SourceStage(std::string where) : where_(std::move(where)) {}

  // Leaves in the chunk the records that are for the handler, until the next call.
  void apply(parsers::Chunk& chunk);

 private:
  struct Source {
    parsers::RecordFilter filter;
  };
  Source& source_of(const parsers::SourceContext& context);

  const std::string where_;
  std::unordered_map<const parsers::SourceContext*, Source> sources_;
};

}  // namespace sawlog::agent
