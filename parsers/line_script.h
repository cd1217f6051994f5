// The edits of one shape of lines, decided once: what LineEdits decides depends on the keys of a
// record and the kinds of its values, and these are the same for every line of a LineShape. Only
// the texts of the level, the time and the trace ids differ.
//
// Belongs to its LineShape; learned by the LineWriter that meets the first such line, and good for
// every writer with the same settings.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json_encode.h"
#include "parsers/field_plan.h"
#include "parsers/record.h"

namespace sawlog::parsers {

struct Edit;
struct KeyPlace;
struct RecordLayout;

class LineScript {
 public:
  struct Settings {
    bool canonical_keys = true;  // else a missing "@timestamp" is all that is added
    bool elastic_trace_keys = false;
    std::string_view host_field;
    std::string_view path;
  };

  void forget() { is_learned_ = is_refused_ = false; }
  // The edits of this shape depend on more than its keys and kinds: there is no script for it.
  [[nodiscard]] bool is_refused() const { return is_refused_; }
  [[nodiscard]] bool fits(const Settings& settings) const {
    return is_learned_ && settings.canonical_keys == canonical_keys_ &&
           settings.elastic_trace_keys == elastic_trace_keys_ &&
           settings.host_field == host_field_ && settings.path == path_;
  }
  // enrichment: what is added to this shape; edits: of this record, by their begin.
  void learn(const Settings& settings, std::string_view enrichment, const Record& record,
             const RecordLayout& layout, std::span<const Edit> edits);
  // room and times: reused by the caller; room is large enough afterwards.
  void append(const Record& record, const RecordLayout& layout, std::vector<char>& room,
              base::Rfc3339Writer& times, std::string& out) const;

 private:
  struct Step {
    enum class Kind : uint8_t { kKey, kLevelValue, kTimeValue };
    Kind kind = Kind::kKey;
    uint32_t key = 0;  // in RecordLayout::keys
    std::string text;  // of kKey, with kSlackBytes behind it
    size_t text_bytes = 0;
  };
  struct TraceKey {
    Slot slot = kNoSlot;
    std::string_view name;  // "trace.id": with its quotes and colon
  };
  void add_steps(const KeyPlace& place, uint32_t index, const Record& record,
                 const RecordLayout& layout, std::span<const Edit> edits);
  void add_trace_key(const Record& record, const RecordLayout& layout, Slot slot, Slot elastic,
                     std::string_view name, std::string_view parent);

  bool is_learned_ = false;
  bool is_refused_ = false;
  bool canonical_keys_ = true;
  bool elastic_trace_keys_ = false;
  bool adds_time_ = false;
  std::string host_field_;
  std::string path_;
  std::string enrichment_;  // with kSlackBytes behind it
  size_t enrichment_bytes_ = 0;
  size_t text_bytes_ = 0;  // of all that is constant
  std::vector<TraceKey> trace_keys_;
  std::vector<Step> steps_;
};

}  // namespace sawlog::parsers
