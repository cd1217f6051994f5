// The topic of a record: a fixed name, or a template with fields in braces, "logs.{service.name}".
//
// A field's value is made legal for Kafka: letters, digits, '.', '_' and '-' stay, any other byte
// becomes '_'; a missing, null or empty one is "unknown". The whole name is cut at 249 bytes; "."
// and ".." (which Kafka refuses) become "_". (org.apache.kafka.common.internals.Topic.validate)
// Immutable after parse().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sawlog::outputs {

class KafkaTopic {
 public:
  static constexpr size_t kNameBytesMax = 249;

  // kInvalid: empty, a brace without its other half, an empty field name, or a character outside
  // the braces that no topic may have.
  [[nodiscard]] static base::Expected<KafkaTopic> parse(std::string_view pattern);

  // The names in braces, in their order; empty for a fixed name.
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  // values: one for each of fields(). Replaces name.
  void assign(const std::vector<std::string_view>& values, std::string& name) const;

 private:
  std::vector<std::string> literals_;  // one more than fields_: before, between and after them
  std::vector<std::string> fields_;
};

}  // namespace sawlog::outputs
