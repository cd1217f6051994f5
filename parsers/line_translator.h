// Records that are not JSON → JSON objects with what their format says, for everything behind it.
//
//   2026-11-21 07:06:55,123 ERROR shop.orders cannot ship     (and the lines of a traceback)
//   {"@timestamp":"2026-11-21T07:06:55.123000Z","log.level":"ERROR","log.logger":"shop.orders",
//    "message":"cannot ship","error.type":"ValueError",…,"error.stack_trace":"Traceback …"}
//
// Nothing is left out: what no format explains stays text, and LineWriter wraps it. A container's
// envelope adds event.created and log.iostream (to content that is JSON, too). Access lines keep
// their text as message, beside their fields, and get event.name http.access.
//
// What a record becomes depends on its bytes, and for times without a year on Chunk::file_unix_ns.
// Not thread-safe; one for each source and consumer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/logfmt.h"
#include "parsers/record_reader.h"
#include "parsers/text_shapes.h"
#include "parsers/timestamp.h"

namespace sawlog::parsers {

class LineTranslator {
 public:
  // source.pattern was checked.
  explicit LineTranslator(const SourceContext& source);

  [[nodiscard]] static bool is_needed(const SourceContext& source) {
    return source.format != LineFormat::kJson;
  }
  // Replaces the chunk's records; its views hold until the next call. A chunk of JSON alone stays
  // as it is.
  void translate(Chunk& chunk);
  // Whether a year was inferred in the last chunk.
  [[nodiscard]] bool has_inferred_year() const { return has_inferred_year_; }

 private:
  void append(std::string_view text, const LineOrigin& origin);
  [[nodiscard]] bool append_json(std::string_view text, const LineOrigin& origin);
  [[nodiscard]] bool append_pattern(std::string_view text);
  [[nodiscard]] bool append_shape(std::string_view text);
  [[nodiscard]] bool append_logfmt(std::string_view text);
  [[nodiscard]] bool append_trace(std::string_view text);
  void append_fields(const std::vector<ShapeField>& fields);
  void append_field(const ShapeField& field, std::string_view value);
  void append_message(std::string_view message, std::string_view rest, bool has_level);
  void append_envelope(const LineOrigin& origin);
  void append_time(std::string_view text);
  void append_text(std::string_view name, std::string_view value);
  [[nodiscard]] bool is_object(std::string_view text);

  const LineFormat format_;
  std::optional<TextShape> pattern_;
  std::optional<TextShapes> shapes_;
  LogfmtReader logfmt_;
  TimestampParser timestamps_;
  RecordReader json_reader_;  // tells whether a text is JSON
  std::vector<std::string_view> values_;
  int64_t file_unix_ns_ = 0;
  bool has_inferred_year_ = false;
  std::string bytes_;
  std::string object_;  // the one that is being written
  std::vector<Line> lines_;
  std::vector<LineOrigin> origins_;
};

}  // namespace sawlog::parsers
