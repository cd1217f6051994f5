#include "agent/source_stage.h"

#include "lib/base/check.h"

namespace sawlog::agent {

base::Expected<void> SourceStage::check(const std::string& where) {
  auto filter = parsers::RecordFilter::compile({}, where);
  return filter ? base::Expected<void>() : tl::unexpected(filter.error());
}

void SourceStage::apply(parsers::Chunk& chunk) {
  Source& source = source_of(*chunk.source);
  chunk.lines = source.filter.passing(chunk);
}

SourceStage::Source& SourceStage::source_of(const parsers::SourceContext& context) {
  const auto known = sources_.find(&context);
  if (known != sources_.end()) return known->second;
  auto filter = parsers::RecordFilter::compile(context, where_);
  CHECK(filter.has_value());  // the configuration was checked before anything started
  return sources_.emplace(&context, Source{*std::move(filter)}).first->second;
}

}  // namespace sawlog::agent
