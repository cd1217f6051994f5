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

  // Forgets what was derived from literals, which may go when a shared library is unloaded.
  void forget_places() { places_.clear(); }

 private:
  struct PlaceKey {
    const char* file;
    const char* function;
    uint32_t line;
    bool operator==(const PlaceKey&) const = default;
  };
  struct PlaceHash {
    size_t operator()(const PlaceKey& key) const {
      return reinterpret_cast<uintptr_t>(key.file) * 31 +
             reinterpret_cast<uintptr_t>(key.function) * 7 + key.line;
    }
  };

  // A field of the record last read; its key as JSON without quotes, empty data if a later field
  // has the same.
  struct LineField {
    std::string_view key;
    detail::RawField value;
  };

  [[nodiscard]] LineField& role_field(detail::Role role) {
    return roles_[static_cast<size_t>(role)];
  }
  void add_field(const detail::RawField& raw);
  void drop_earlier(std::string_view key);
  [[nodiscard]] std::string_view key_json(const detail::RawField& raw);
  [[nodiscard]] static char* write_field(char* out, const LineField& field);
  [[nodiscard]] std::string_view logger_part(const LoggerNode& logger);
  [[nodiscard]] std::string_view place_part(const std::source_location& where);

  const LineFormat format_;
  base::Rfc3339Writer time_;
  // ,"ecs.version":…,"log.logger":…,"service.name":… of each logger
  std::unordered_map<const LoggerNode*, std::string> logger_parts_;
  // ,"log.origin.file.name":… of each place that logs
  std::unordered_map<PlaceKey, std::string, PlaceHash> places_;

  // The record last read.
  RecordHeader header_{};
  std::string_view message_;
  std::vector<LineField> fields_;  // without a role
  std::array<LineField, kRoleCount> roles_{};
  std::bitset<256> seen_hashes_;          // of the keys in fields_
  std::deque<std::string> changed_keys_;  // what key_json() had to write
  std::string_view logger_part_;
  std::string_view place_part_;
  bool is_interaction_ = false;
};

}  // namespace sawlog
