#include "parsers/record_filter.h"

#include <algorithm>
#include <cmath>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sawlog::parsers {

base::Expected<RecordFilter> RecordFilter::compile(const SourceContext& source,
                                                   const std::string& output_where) {
  RecordFilter filter;
  for (const std::string& where : {source.where, output_where}) {
    if (auto added = filter.add(where, filter.conditions_); !added)
      return tl::unexpected(added.error());
  }
  const SampleRules& sample = source.sample;
  if (sample.rate < 1) {
    filter.is_sampling_ = true;
    filter.hashes_kept_ = static_cast<uint64_t>(std::ldexp(std::max(sample.rate, 0.0), 64));
    if (auto added = filter.add(sample.keep, filter.keep_); !added)
      return tl::unexpected(added.error());
    if (!sample.by.empty()) {
      filter.sample_by_ = static_cast<FieldIndex>(filter.fields_.size());
      filter.fields_.push_back(sample.by);
    }
  }
  filter.reader_ = std::make_unique<RecordReader>(filter.fields_, Purpose::kFields);
  return filter;
}

base::Expected<void> RecordFilter::add(const std::string& where,
                                       std::vector<Expression>& conditions) {
  if (where.empty()) return {};
  auto expression = Expression::compile(where, fields_);
  if (!expression) return tl::unexpected(expression.error());
  conditions.push_back(*std::move(expression));
  return {};
}

std::span<const Line> RecordFilter::passing(const Chunk& chunk) {
  if (passes_all()) return chunk.lines;
  passing_.clear();
  reader_->start(chunk);
  while (const Record* record = reader_->next()) {
    if (passes(chunk, *record)) passing_.push_back(record->line());
  }
  return passing_.size() == chunk.lines.size() ? chunk.lines : passing_;
}

bool RecordFilter::passes(const Chunk& chunk, const Record& record) const {
  const auto holds = [&](const Expression& condition) { return condition.matches(record); };
  if (!std::ranges::all_of(conditions_, holds)) return false;
  return !is_sampling_ || std::ranges::any_of(keep_, holds) || is_in_sample(chunk, record);
}

bool RecordFilter::is_in_sample(const Chunk& chunk, const Record& record) const {
  uint64_t hash = 0;
  if (sample_by_ && record[*sample_by_].is_present()) {
    const std::string_view text = record[*sample_by_].text;
    hash = XXH3_64bits(text.data(), text.size());
  } else {
    const uint64_t offset = chunk.offset_of(record.line());
    const uint64_t file = XXH3_64bits(chunk.file.bytes.data(), chunk.file.bytes.size());
    hash = XXH3_64bits_withSeed(&offset, sizeof(offset), file);
  }
  return hash < hashes_kept_;
}

}  // namespace sawlog::parsers
