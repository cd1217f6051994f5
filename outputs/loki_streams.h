// Which stream of Loki a record belongs to: its label set.
//
// A label is a field of the record, else the source's label of that name, else (host.name,
// log.file.path) what the agent knows. Names as Loki wants them: service.name → service_name,
// log.level → level, all else with _ for what is not a letter or digit. A record with none of the
// labels gets service_name="unknown_service", because Loki refuses an entry without labels.
//
// Label sets are remembered (streams_remembered_max, then forgotten and made again), so that a line
// costs one look-up. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "outputs/batch.h"
#include "parsers/chunk.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

// An id has a value for each request or user: as a label it makes Loki open a stream for each.
[[nodiscard]] bool is_id_field(std::string_view field);

// Loki's name for a field. Metadata: only the characters change.
[[nodiscard]] std::string loki_label_name(std::string_view field);
[[nodiscard]] std::string loki_metadata_name(std::string_view field);

// A label or metadata value: the record's, else the source's label, else the agent's. "" for none.
// The view ends with the record.
class LokiField {
 public:
  LokiField(std::string name, parsers::FieldIndex index, std::string_view host_name);
  [[nodiscard]] std::string_view value(const parsers::Chunk& chunk,
                                       const parsers::Record& record) const;

 private:
  enum class Special : uint8_t { kNone, kLevel, kHostName, kFilePath };
  std::string name_;
  parsers::FieldIndex index_;
  Special special_;
  std::string host_name_;
};

class LokiStreams {
 public:
  static constexpr size_t kRememberedMax = 10'000;
  static constexpr size_t kValueBytesMax = 2048;  // Loki's own default limit; longer ones are cut

  // names: fields; each is one of the reader's.
  LokiStreams(const std::vector<std::string>& names, const parsers::RecordReader& reader,
              std::string_view host_name);

  // The group of the record's stream in the builder's present batch.
  [[nodiscard]] uint32_t group_of(const parsers::Chunk& chunk, const parsers::Record& record,
                                  BatchBuilder& builder);

 private:
  struct Known {
    std::string labels;  // {level="info",service_name="checkout"}
    uint64_t batch_number = 0;
    uint32_t group = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  [[nodiscard]] std::string labels_text(const parsers::Chunk& chunk,
                                        const parsers::Record& record) const;

  std::vector<std::pair<std::string, LokiField>> labels_;  // by label name, sorted
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> known_;
  std::string key_;  // the values in order, each after its size
};

}  // namespace sawlog::outputs
