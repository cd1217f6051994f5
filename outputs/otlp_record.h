// A record as an OpenTelemetry LogRecord (opentelemetry/proto/logs/v1/logs.proto), and the resource
// and scope that it belongs to.
//
//   time_unix_nano       the record's own time. A record without one has observed_time_unix_nano
//                        instead, which is left out otherwise: a repeat must be the same
//   severity             the level: trace 1, debug 5, info 9, warn 13, error 17, fatal 21, and its
//                        word
//   body                 message
//   trace_id, span_id    where they are 32 and 16 hexadecimal digits, not all zero
//   flags                trace_flags
//   event_name           event.name
//   resource attributes  service.name, service.version, host.name; service.environment as
//                        deployment.environment.name, service.node.name as service.instance.id.
//                        Without a service it is unknown_service, as the conventions want
//   scope name           log.logger
//   attributes           everything else of the shipped line with its type, and log.record.uid.
//                        Objects are flattened ({"a":{"b":1}} is a.b), arrays stay arrays
//
// Names that OpenTelemetry spells otherwise become its own: log.origin.* code.*, error.message and
// error.stack_trace exception.*, process.thread.* thread.*. error.type stays and is exception.type,
// too. ecs.version is left out. What was found under an alias (traceId) stays an attribute as well.
//
// Not thread-safe. No allocation for a record once warm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/record.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

// Field numbers of resource_and_scope().
constexpr uint32_t kGroupResource = 1;
constexpr uint32_t kGroupScope = 2;

class OtlpRecord {
 public:
  // Deeper arrays and objects of a value become their JSON as a string.
  static constexpr int kDepthMax = 16;

  OtlpRecord();
  ~OtlpRecord();
  OtlpRecord(const OtlpRecord&) = delete;
  OtlpRecord& operator=(const OtlpRecord&) = delete;

  // For the RecordReader whose records encode() gets.
  [[nodiscard]] static std::vector<std::string> field_names();
  void bind(const parsers::RecordReader& reader);

  // Appends the LogRecord, which ends with the text of the record id. line: the record as it is
  // shipped, valid JSON.
  void encode(const parsers::Record& record, std::string_view line, std::string_view record_id,
              std::string& out);
  // Of the record that was encoded last, until the next: {1: Resource, 2: InstrumentationScope},
  // each missing where it is empty.
  [[nodiscard]] std::string_view resource_and_scope() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
