// Any bytes as a file: split, read, shipped. What comes out must be one JSON object a line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "lib/base/check.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace {

using namespace sawlog;

bool is_object(std::string_view text) {
  static simdjson::dom::parser parser;
  simdjson::dom::element document;
  const auto error = parser.parse(simdjson::padded_string(text)).get(document);
  return error == simdjson::NUMBER_ERROR || (!error && document.is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  // The first byte draws the options.
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  test::TextChunk chunk(text, (data[0] & 1) != 0 ? 32 : 1u << 20);
  chunk.source.labels = {{"env", "prod"}};
  if ((data[0] & 2) != 0) chunk.source.fields = {{"@timestamp", "when"}, {"log.level", "a.b"}};
  parsers::RecordReader reader({"http.route", "event.duration", "error.message", "log.logger"},
                               parsers::Purpose::kShipping);
  parsers::LineWriter writer(
      {.canonical_keys = (data[0] & 4) == 0, .elastic_trace_keys = true, .host_name = "web-1"});
  reader.start(chunk.chunk);
  size_t records = 0;
  while (const parsers::Record* record = reader.next()) {
    std::string out;
    writer.append(chunk.chunk, *record, out);
    CHECK(is_object(out));
    CHECK(out.find('\n') == std::string::npos);
    ++records;
  }
  CHECK(records == chunk.chunk.lines.size());
  return 0;
}
