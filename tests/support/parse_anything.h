// Any bytes as a file, through all that reads lines: split, joined, translated, masked, read,
// shipped. CHECKs that each record comes out as one JSON object in one line, and that no line is
// lost. For the fuzzer, and for the tests that give it what a fuzzer would take long to find.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "lib/base/check.h"
#include "parsers/line_translator.h"
#include "parsers/line_writer.h"
#include "parsers/record_filter.h"
#include "parsers/record_joiner.h"
#include "parsers/record_reader.h"
#include "parsers/redactor.h"
#include "tests/support/text_chunk.h"

namespace sawlog::test {

inline bool is_json_object(std::string_view text) {
  static simdjson::dom::parser parser;
  simdjson::dom::element document;
  const auto error = parser.parse(simdjson::padded_string(text)).get(document);
  return error == simdjson::NUMBER_ERROR || (!error && document.is_object());
}

// The bits of options draw what the source and the output are.
inline parsers::SourceContext source_drawn_by(uint8_t options) {
  using parsers::RedactKind;
  parsers::SourceContext source;
  source.name = "app";
  source.labels = {{"env", "prod"}};
  if ((options & 2) != 0) source.fields = {{"@timestamp", "when"}, {"log.level", "a.b"}};
  if ((options & 8) != 0) source.format = parsers::LineFormat::kAuto;
  if ((options & 16) != 0) source.multiline = parsers::Multiline::kAuto;
  if ((options & 32) != 0) source.format = parsers::LineFormat::kLogfmt;
  if ((options & 64) != 0) {
    source.redact = {{RedactKind::kEmail},
                     {RedactKind::kCard},
                     {RedactKind::kIp},
                     {RedactKind::kToken},
                     {RedactKind::kPattern, "a+b", "\"\\\n"}};
  }
  if ((options & 128) != 0) source.where = "level != error and not message contains \"x\"";
  return source;
}

// Kept for the next text with the same options: to compile patterns takes longer than to use them.
struct Stages {
  explicit Stages(uint8_t options)
      : source(source_drawn_by(options)),
        joiner(source),
        translator(source),
        redactor(std::move(*parsers::Redactor::compile(source.redact))) {}
  const parsers::SourceContext source;
  parsers::RecordJoiner joiner;
  parsers::LineTranslator translator;
  const std::unique_ptr<parsers::Redactor> redactor;
};

inline Stages& stages_of(uint8_t options) {
  static std::map<uint8_t, Stages> known;
  return known.try_emplace(options, options).first->second;
}

// What becomes of the text, a record a line.
inline std::string parse_anything(std::string_view text, uint8_t options) {
  const uint32_t line_bytes_max = (options & 1) != 0 ? 32 : 1u << 20;
  Stages& stages = stages_of(options);
  const parsers::SourceContext& source = stages.source;
  TextChunk input(text, line_bytes_max);
  parsers::Chunk& chunk = input.chunk;
  chunk.source = &source;
  chunk.file_unix_ns = chunk.first_read_unix_ns;
  if (parsers::RecordJoiner::is_needed(source))
    CHECK(stages.joiner.join(chunk, line_bytes_max, true) == text.size());
  if (parsers::LineTranslator::is_needed(source)) stages.translator.translate(chunk);
  if (!source.redact.empty()) stages.redactor->redact(chunk);
  for (const parsers::Line& line : chunk.lines) (void)chunk.raw_text(line);
  auto filter = parsers::RecordFilter::compile(source, "");
  CHECK(filter.has_value());
  chunk.lines = filter->passing(chunk);
  parsers::RecordReader reader({"http.route", "event.duration", "error.message", "log.logger"},
                               parsers::Purpose::kShipping);
  parsers::LineWriter writer(
      {.canonical_keys = (options & 4) == 0, .elastic_trace_keys = true, .host_name = "web-1"});
  std::string out;
  size_t records = 0;
  reader.start(chunk);
  while (const parsers::Record* record = reader.next()) {
    const size_t begin = out.size();
    writer.append(chunk, *record, out);
    const std::string_view shipped = std::string_view(out).substr(begin);
    CHECK(is_json_object(shipped));
    CHECK(shipped.find('\n') == std::string_view::npos);
    out += '\n';
    ++records;
  }
  CHECK(records == chunk.lines.size());
  return out;
}

}  // namespace sawlog::test
