#include "agent/status_report.h"

#include <algorithm>

#include "agent/json_object.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {

namespace {

void append_time(std::string& out, int64_t unix_ns) {
  out.push_back('"');
  base::append_rfc3339(out, unix_ns);
  out.push_back('"');
}

double lag_seconds(const ConsumerStatus& consumer, int64_t now_unix_ns) {
  if (consumer.oldest_unread_unix_ns == 0) return 0;
  return static_cast<double>(std::max<int64_t>(0, now_unix_ns - consumer.oldest_unread_unix_ns)) /
         1e9;
}

void append_consumer(std::string& out, const ConsumerStatus& consumer, int64_t now_unix_ns) {
  const Ledger& ledger = consumer.ledger;
  JsonObject object(out);
  object.text("name", consumer.name);
  object.text("health", state_name(consumer.health.state));
  object.text("reason", consumer.health.reason);
  object.text("save_error", consumer.save_error);
  object.number("read_lines", ledger.read_lines + consumer.in_flight_lines);
  object.number("read_bytes", ledger.read_bytes);
  object.number("delivered_lines", ledger.delivered_lines);
  object.number("delivered_bytes", ledger.delivered_bytes);
  object.number("dead_lettered_lines", ledger.dead_lettered_lines);
  object.number("filtered_lines", ledger.filtered_lines);
  object.number("abandoned_lines", ledger.abandoned_lines);
  object.number("abandoned_bytes", ledger.abandoned_bytes);
  object.number("in_flight_lines", consumer.in_flight_lines);
  object.number("cut_lines", ledger.cut_lines);
  object.number("not_json_lines", ledger.not_json_lines);
  object.number("lag_bytes", consumer.lag_bytes);
  base::append_double(object.key("lag_seconds"), lag_seconds(consumer, now_unix_ns));
  object.number("requests", consumer.counters.requests);
  object.number("retries", consumer.counters.retries);
  object.number("sent_bytes", consumer.counters.sent_bytes);
  object.number("already_there_lines", consumer.counters.already_there);
  object.number("overflow_lines", consumer.counters.overflow_lines);
  object.number("failure_store_lines", consumer.counters.diverted);
  object.number("unreadable_times", consumer.unreadable_times);
  object.number("memory_bytes", consumer.memory_bytes);
  append_array(object.key("dead_letters"), consumer.dead_letters,
               [&](const outputs::DeadLetterCount& count) {
                 JsonObject reason(out);
                 reason.text("reason", count.reason);
                 reason.number("lines", count.lines);
               });
}

void append_file(std::string& out, const TailedFile& file,
                 const std::vector<ConsumerStatus>& consumers) {
  JsonObject object(out);
  object.text("id", file.id().hex());
  object.text("path", file.path());
  object.text("source", file.source()->name);
  object.text("state", state_name(file.state()));
  object.number("size_bytes", file.size_bytes());
  object.flag("end_is_final", file.end_is_final());
  JsonObject acknowledged(object.key("acknowledged"));
  for (size_t i = 0; i < consumers.size(); ++i) {
    const uint64_t offset = file.acknowledged(i);
    if (offset != UINT64_MAX) acknowledged.number(consumers[i].name, offset);
  }
}

void append_tail(std::string& out, const AgentStatus& status) {
  const TailCounters& tail = status.tail;
  JsonObject object(out);
  object.text("error", status.tail_error);
  object.number("files_known", tail.files_known);
  object.number("files_open", tail.files_open);
  object.number("files_discovered", tail.files_discovered);
  object.number("files_rotated", tail.files_rotated);
  object.number("files_released", tail.files_released);
  object.number("files_truncated", tail.files_truncated);
  object.number("identities_taken_over", tail.identities_taken_over);
  object.number("abandoned_bytes", tail.abandoned_bytes + tail.abandoned_held_bytes);
  object.number("held_bytes", tail.held_bytes);
}

void append_reload(std::string& out, const ReloadStatus& reload) {
  JsonObject object(out);
  object.number("done", reload.done_count);
  object.number("failed", reload.failed_count);
  if (reload.last_unix_ns != 0) append_time(object.key("last_at"), reload.last_unix_ns);
  object.text("last_error", reload.last_error);
}

ConsumerFigures consumer_figures(const ConsumerStatus& consumer, int64_t now_unix_ns) {
  ConsumerFigures figures;
  figures.name = consumer.name;
  figures.is_output = consumer.name != "metrics";
  figures.is_up = consumer.health.state == outputs::Health::State::kUp;
  figures.is_saved = consumer.save_error.empty();
  figures.delivered_lines = consumer.ledger.delivered_lines;
  figures.dead_lettered_lines = consumer.ledger.dead_lettered_lines;
  figures.filtered_lines = consumer.ledger.filtered_lines;
  figures.abandoned_lines = consumer.ledger.abandoned_lines;
  figures.cut_lines = consumer.ledger.cut_lines;
  figures.not_json_lines = consumer.ledger.not_json_lines;
  figures.unreadable_times = consumer.unreadable_times;
  figures.in_flight_lines = consumer.in_flight_lines;
  figures.lag_bytes = consumer.lag_bytes;
  figures.lag_seconds = lag_seconds(consumer, now_unix_ns);
  figures.memory_bytes = consumer.memory_bytes;
  figures.requests = consumer.counters.requests;
  figures.retries = consumer.counters.retries;
  figures.sent_bytes = consumer.counters.sent_bytes;
  figures.already_there_lines = consumer.counters.already_there;
  figures.overflow_lines = consumer.counters.overflow_lines;
  figures.diverted_lines = consumer.counters.diverted;
  for (const outputs::DeadLetterCount& count : consumer.dead_letters) {
    figures.dead_letters.emplace_back(count.reason, count.lines);
  }
  return figures;
}

FileList files_to_show(const AgentStatus& status) {
  FileList files = *status.files;
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return lag_of(*a) > lag_of(*b); });
  if (files.size() > kStatusFilesMax) files.resize(kStatusFilesMax);
  return files;
}

}  // namespace

std::string_view state_name(outputs::Health::State state) {
  switch (state) {
    case outputs::Health::State::kUp:
      return "up";
    case outputs::Health::State::kUnreachable:
      return "unreachable";
    case outputs::Health::State::kPaused:
      return "paused";
  }
  return "";
}

std::string_view state_name(FileState state) {
  switch (state) {
    case FileState::kReading:
      return "reading";
    case FileState::kRotated:
      return "rotated";
    case FileState::kDrained:
      return "drained";
    case FileState::kReleased:
      return "released";
  }
  return "";
}

uint64_t lag_of(const TailedFile& file) {
  const uint64_t size = file.size_bytes();
  return size - std::min(size, file.acknowledged_by_all());
}

std::vector<std::string> reasons_not_ready(const AgentStatus& status) {
  std::vector<std::string> reasons;
  if (!status.tail_error.empty()) reasons.push_back(status.tail_error);
  for (const ConsumerStatus& consumer : status.consumers) {
    if (consumer.health.state != outputs::Health::State::kUp) {
      reasons.push_back("output '" + consumer.name + "' is " +
                        std::string(state_name(consumer.health.state)) + ": " +
                        consumer.health.reason);
    }
    if (!consumer.save_error.empty()) {
      reasons.push_back("the state of '" + consumer.name +
                        "' is not saved: " + consumer.save_error);
    }
  }
  return reasons;
}

std::string status_json(const AgentStatus& status) {
  std::string out;
  {
    JsonObject object(out);
    object.text("version", SAWLOG_VERSION);
    append_time(object.key("started_at"), status.started_unix_ns);
    append_time(object.key("now"), status.now_unix_ns);
    const auto reasons = reasons_not_ready(status);
    object.flag("ready", reasons.empty());
    append_array(object.key("reasons"), reasons,
                 [&](const std::string& reason) { base::append_json_string(out, reason); });
    object.number("memory_limit_bytes", status.memory_limit_bytes);
    append_reload(object.key("reload"), status.reload);
    append_array(object.key("consumers"), status.consumers, [&](const ConsumerStatus& consumer) {
      append_consumer(out, consumer, status.now_unix_ns);
    });
    append_tail(object.key("tail"), status);
    if (!status.alerts_json.empty()) object.key("alerts") += status.alerts_json;
    const FileList files = files_to_show(status);
    append_array(object.key("files"), files,
                 [&](const auto& file) { append_file(out, *file, status.consumers); });
    object.number("files_omitted", status.files->size() - files.size());
  }
  out.push_back('\n');
  return out;
}

OwnFigures own_figures(const AgentStatus& status) {
  OwnFigures figures;
  figures.version = SAWLOG_VERSION;
  figures.started_unix_ns = status.started_unix_ns;
  figures.memory_limit_bytes = status.memory_limit_bytes;
  figures.abandoned_bytes = {{"deleted", status.tail.abandoned_bytes},
                             {"held", status.tail.abandoned_held_bytes}};
  figures.held_bytes = status.tail.held_bytes;
  figures.files_known = status.tail.files_known;
  figures.files_open = status.tail.files_open;
  figures.files_rotated = status.tail.files_rotated;
  figures.files_truncated = status.tail.files_truncated;
  figures.reloads_done = status.reload.done_count;
  figures.reloads_failed = status.reload.failed_count;
  figures.is_last_reload_done = status.reload.last_error.empty();
  for (const ConsumerStatus& consumer : status.consumers) {
    figures.consumers.push_back(consumer_figures(consumer, status.now_unix_ns));
  }
  // Every consumer reads for itself; what was read of a source is what the metrics' consumer read,
  // because it takes all sources.
  const auto& by_source = status.consumers.front().read_bytes_by_source;
  figures.read_bytes.assign(by_source.begin(), by_source.end());
  std::sort(figures.read_bytes.begin(), figures.read_bytes.end());
  return figures;
}

std::string ledger_sentence(const ConsumerStatus& status) {
  const Ledger& ledger = status.ledger;
  std::string out = status.name + ": read " + std::to_string(ledger.read_lines) + " lines (" +
                    std::to_string(ledger.read_bytes) + " bytes), delivered " +
                    std::to_string(ledger.delivered_lines);
  const auto append = [&out](const char* what, uint64_t count) {
    if (count > 0) out.append(", ").append(what).append(" ").append(std::to_string(count));
  };
  append("dead-lettered", ledger.dead_lettered_lines);
  append("filtered", ledger.filtered_lines);
  append("abandoned bytes", ledger.abandoned_bytes);
  append("in flight", status.in_flight_lines);
  append("cut", ledger.cut_lines);
  append("not JSON", ledger.not_json_lines);
  return out;
}

}  // namespace sawlog::agent
