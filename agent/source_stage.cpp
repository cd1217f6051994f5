#include "agent/source_stage.h"

#include "lib/base/check.h"

namespace sawlog::agent {

base::Expected<void> SourceStage::check(const std::string& where) {
  auto filter = parsers::RecordFilter::compile({}, where);
  return filter ? base::Expected<void>() : tl::unexpected(filter.error());
}

bool SourceStage::apply(parsers::Chunk& chunk) {
  Source& source = source_of(*chunk.source);
  bool uses_times = false;
  if (source.translator != nullptr) {
    source.translator->translate(chunk);
    uses_times = source.translator->has_inferred_year();
  }
  if (source.redactor != nullptr) source.redactor->redact(chunk);
  chunk.lines = source.filter.passing(chunk);
  return uses_times;
}

SourceStage::Source& SourceStage::source_of(const parsers::SourceContext& context) {
  const auto known = sources_.find(&context);
  if (known != sources_.end()) return known->second;
  auto filter = parsers::RecordFilter::compile(context, where_);
  CHECK(filter.has_value());  // the configuration was checked before anything started
  Source source{nullptr, nullptr, *std::move(filter)};
  if (parsers::LineTranslator::is_needed(context))
    source.translator = std::make_unique<parsers::LineTranslator>(context);
  if (!context.redact.empty()) {
    auto redactor = parsers::Redactor::compile(context.redact);
    CHECK(redactor.has_value());
    source.redactor = *std::move(redactor);
  }
  return sources_.emplace(&context, std::move(source)).first->second;
}

}  // namespace sawlog::agent
