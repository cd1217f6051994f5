// Which stream of Loki a record belongs to: its label set.
//
// A label is a field of the record, else the source's label of that name, else (host.name,
// log.file.path) what the agent knows. Names as Loki wants them: service.name → service_name,
// log.level → level, all else with _ for what is not a letter or digit. A record with none of the
// labels gets service_name="unknown_service", because Loki refuses an entry without labels.
//
// At most streams_max label sets are used in a day of the records' time (outputs/stream_limit.h).
// Records with others share the stream {service_name="__overflow__"}, and what would have been
// their labels is metadata (label_NAME); take_notices() tells a person, once a day.
//
// Label sets are remembered (kRememberedMax, then forgotten and made again), so that a line costs
// one look-up. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "outputs/batch.h"
#include "outputs/loki_request.h"
#include "outputs/stream_limit.h"
#include "parsers/chunk.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

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
              std::string_view host_name, size_t streams_max);

  // The group of the record's stream in the builder's present batch. Appends the labels that found
  // no stream to metadata; they end with the record.
  [[nodiscard]] uint32_t group_of(const parsers::Chunk& chunk, const parsers::Record& record,
                                  BatchBuilder& builder, std::vector<LokiMetadata>& metadata);

  // Nothing may be sent while limit().needs_save().
  [[nodiscard]] StreamLimit& limit() { return limit_; }
  [[nodiscard]] const StreamLimit& limit() const { return limit_; }
  [[nodiscard]] uint64_t overflow_lines() const { return overflow_lines_; }
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  struct Label {
    std::string name;           // level
    std::string overflow_name;  // label_level: of the metadata in its stead
    LokiField field;
  };
  struct Known {
    std::string labels;  // {level="info",service_name="checkout"}
    bool is_overflow = false;
    uint64_t batch_number = 0;
    uint32_t group = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  [[nodiscard]] Known make_stream(const parsers::Chunk& chunk, const parsers::Record& record);
  [[nodiscard]] std::string labels_text(const parsers::Chunk& chunk,
                                        const parsers::Record& record) const;

  std::vector<Label> labels_;  // by name, sorted
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> known_;
  std::string key_;  // the values in order, each after its size
  const size_t streams_max_;
  StreamLimit limit_;
  bool is_overflow_told_ = false;  // of the present day
  uint64_t overflow_lines_ = 0;
  std::vector<std::string> notices_;
};

}  // namespace sawlog::outputs
