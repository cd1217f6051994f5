#include "parsers/line_writer.h"

#include "lib/base/check.h"
#include "lib/base/json_encode.h"
#include "parsers/line_edits.h"
#include "parsers/line_script.h"
#include "parsers/record_layout.h"

namespace sawlog::parsers {

LineWriter::LineWriter(LineWriterOptions options)
    : options_(std::move(options)), edits_(std::make_unique<LineEdits>()) {
  if (options_.host_name.empty()) return;
  host_field_ = "\"host.name\":";
  base::append_json_string(host_field_, options_.host_name);
  host_field_ += ',';
}

LineWriter::~LineWriter() = default;

void LineWriter::append(const Chunk& chunk, const Record& record, std::string& out) {
  CHECK(record.layout_ != nullptr && record.layout_->plan->trace_id != kNoSlot);
  use_path(chunk.path);
  if (record.shape() != Shape::kJson) return append_wrapped(record, out);
  const RecordLayout& layout = *record.layout_;
  const LineScript::Settings settings{options_.canonical_keys, options_.elastic_trace_keys,
                                      host_field_, path_};
  LineScript* const script = layout.script;
  if (script != nullptr && script->fits(settings))
    return script->append(record, layout, room_, times_, out);
  if (options_.canonical_keys) {
    edits_->make_canonical(record, layout, options_.elastic_trace_keys);
  } else {
    edits_->leave_as_is(record, layout);
  }
  if (edits_->is_hopeless()) return append_wrapped(record, out);
  append_edited(record, out);
  if (script == nullptr || script->is_refused()) return;
  std::string enrichment;
  if (options_.canonical_keys) append_enrichment(record, false, enrichment);
  script->learn(settings, enrichment, record, layout, edits_->edits());
}

void LineWriter::use_path(std::string_view path) {
  if (path == path_ && !path_field_.empty()) return;
  path_ = path;
  path_field_ = "\"log.file.path\":";
  base::append_json_string(path_field_, path);
  path_field_ += ',';
}

// The fields that the record lacks, with a comma behind each.
void LineWriter::append_enrichment(const Record& record, bool is_wrapped, std::string& out) const {
  for (const Enrichment& field : record.layout_->plan->enrichment) {
    const bool has_field =
        is_wrapped ? !field.is_for_wrapped
                   : record[field.slot].kind != ValueKind::kAbsent || edits_->provides(field.key);
    if (has_field) continue;
    switch (field.kind) {
      case Enrichment::Kind::kHostName:
        out += host_field_;
        break;
      case Enrichment::Kind::kFilePath:
        out += path_field_;
        break;
      case Enrichment::Kind::kLabel:
        out += field.json;
        break;
    }
  }
}

void LineWriter::append_wrapped(const Record& record, std::string& out) const {
  const bool is_cut = record.line().is_cut();
  const bool is_binary = record.shape() == Shape::kBinary;
  out += "{\"@timestamp\":";
  append_quoted_time(out, record.time_unix_ns());
  out += ',';
  if (options_.canonical_keys) append_enrichment(record, true, out);
  if (is_cut && is_binary) {
    out += "\"log.flags\":[\"truncated\",\"binary\"],";
  } else if (is_cut || is_binary) {
    out += is_cut ? "\"log.flags\":\"truncated\"," : "\"log.flags\":\"binary\",";
  }
  if (is_cut) {
    out += "\"log.original_bytes\":";
    base::append_unsigned(out, record.line().original_size_bytes);
    out += ',';
  }
  out += "\"message\":";
  base::append_json_string(out, record.raw());
  out += '}';
}

void LineWriter::append_edited(const Record& record, std::string& out) const {
  const std::string_view raw = record.raw();
  const RecordLayout& layout = *record.layout_;
  size_t at = layout.object_begin + 1;
  out += raw.substr(0, at);
  const size_t inserted_begin = out.size();
  out += edits_->inserted();
  if (options_.canonical_keys) append_enrichment(record, false, out);
  if (layout.is_empty_object && out.size() > inserted_begin) out.pop_back();
  for (const Edit& edit : edits_->edits()) {
    out += raw.substr(at, edit.begin - at);
    out += edit.text;
    at = edit.end;
  }
  out += raw.substr(at);
}

}  // namespace sawlog::parsers
