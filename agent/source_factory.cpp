#include "agent/source_factory.h"

namespace sawlog::agent {

parsers::SourceContext make_source_context(const config::SourceConfig& source,
                                           const config::Labels& labels) {
  parsers::SourceContext context{source.name, labels, source.fields, source.enrich};
  context.where = source.where;
  context.sample = source.sample;
  context.format = source.format;
  context.pattern = source.pattern;
  context.multiline = source.multiline;
  context.multiline_start = source.multiline_start;
  context.redact = source.redact;
  for (const auto& label : source.labels) {
    std::erase_if(context.labels, [&](const auto& other) { return other.first == label.first; });
    context.labels.push_back(label);
  }
  return context;
}

}  // namespace sawlog::agent
