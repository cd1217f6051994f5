// Which records of a source one consumer gets: `where` of the source and of the output, and the
// source's `sample`.
//
// A record passes or not by what stands in it and where it stands, by nothing else: after a crash
// the same records pass. Sampling therefore draws nothing: it keeps what a hash of the record's
// place, or of the field it is sampled by, puts below the rate; all records with the same value of
// that field are kept together, by every agent. What `keep` matches is never sampled away.
//
// Not thread-safe; one per consumer and source.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/expression.h"
#include "parsers/record_reader.h"

namespace sawlog::parsers {

class RecordFilter {
 public:
  // output_where: "" for all. kInvalid: an expression is none.
  [[nodiscard]] static base::Expected<RecordFilter> compile(const SourceContext& source,
                                                            const std::string& output_where);

  [[nodiscard]] bool passes_all() const { return conditions_.empty() && !is_sampling_; }
  // The lines that pass, until the next call; the chunk's own lines where all of them do.
  [[nodiscard]] std::span<const Line> passing(const Chunk& chunk);

 private:
  RecordFilter() = default;
  base::Expected<void> add(const std::string& where, std::vector<Expression>& conditions);
  [[nodiscard]] bool passes(const Chunk& chunk, const Record& record) const;
  [[nodiscard]] bool is_in_sample(const Chunk& chunk, const Record& record) const;

  std::vector<std::string> fields_;
  std::vector<Expression> conditions_;  // all of them must hold
  bool is_sampling_ = false;
  uint64_t hashes_kept_ = UINT64_MAX;  // a record whose hash is smaller is kept
  std::optional<FieldIndex> sample_by_;
  std::vector<Expression> keep_;
  std::unique_ptr<RecordReader> reader_;
  std::vector<Line> passing_;
};

}  // namespace sawlog::parsers
