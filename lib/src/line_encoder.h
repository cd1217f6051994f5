// A record becomes a line: one flat JSON object in the order of keys that users rely on
// (docs/library.md): @timestamp, log.level, message, ecs.version, log.logger, service.*,
// event.name, trace_id, span_id, trace_flags, the fields in the order they were given,
// log.origin.*. Of fields with the same key the last one is written, where the last one stands.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/json_encode.h"
#include "lib/src/line_shape.h"
#include "lib/src/logger_registry.h"
#include "lib/src/record.h"

namespace sawlog {

constexpr size_t kRoleCount = static_cast<size_t>(detail::Role::kReserved);

struct LineFormat {
  std::string service;
  std::string service_version;
  std::string service_environment;
  bool source_location = true;
};

// For one thread at a time.
class LineEncoder {
 public:
  explicit LineEncoder(const LineFormat& format);

  // Takes a record apart; it must stay where it is until write() returned.
  void read(const char* record);
  // Room that write() needs at most.
  [[nodiscard]] size_t bytes_max() const;
  // The line with its newline; returns the new end. May write base::kWriteSlackBytes behind it.
  char* write(char* out, int64_t unix_ns);

  // Of the record last read.
  [[nodiscard]] const RecordHeader& header() const { return header_; }
  // Whether its event.name is one of the interactions of agents, models and tools.
  [[nodiscard]] bool is_interaction() const { return is_interaction_; }

  // Forgets what was derived from literals, which go when a shared library is unloaded.
  void forget_literals() {
    places_.clear();
    shapes_.forget();
  }

 private:
  // A field of the record last read; its key as JSON without quotes, empty data if a later field
  // has the same.
  struct LineField {
    std::string_view key;
    detail::RawField value;
  };

  [[nodiscard]] LineField& role_field(detail::Role role) {
    return roles_[static_cast<size_t>(role)];
  }
  // Takes the fields apart one by one; for records without a known shape.
  void sort_fields();
  void add_field(const detail::RawField& raw);
  void drop_earlier(std::string_view key);
  [[nodiscard]] std::string_view key_json(const detail::RawField& raw);
  [[nodiscard]] static char* write_field(char* out, const LineField& field);
  [[nodiscard]] char* write_fields(char* out) const;
  [[nodiscard]] std::string_view logger_part(const LoggerNode& logger);
  [[nodiscard]] std::string_view place_part(const std::source_location& where);

  const LineFormat format_;
  base::Rfc3339Writer time_;
  // ,"ecs.version":…,"log.logger":…,"service.name":… of each logger
  std::unordered_map<const LoggerNode*, std::string> logger_parts_;
  // ,"log.origin.file.name":… of each place that logs
  std::unordered_map<uint64_t, std::string> places_;
  LineShapes shapes_;

  // The record last read.
  RecordHeader header_{};
  std::string_view message_;
  std::vector<detail::RawField> raw_fields_;
  const LineShape* shape_ = nullptr;  // if it is known, the next four are not used
  std::vector<LineField> fields_;     // without a role
  std::array<LineField, kRoleCount> roles_{};
  std::bitset<256> seen_hashes_;          // of the keys in fields_
  std::deque<std::string> changed_keys_;  // what key_json() had to write
  size_t fields_bytes_max_ = 0;
  const LoggerNode* logger_of_part_ = nullptr;
  std::string_view logger_part_;
  std::string_view place_part_;
  bool is_interaction_ = false;
};

}  // namespace sawlog
