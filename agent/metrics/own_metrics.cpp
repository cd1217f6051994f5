#include "agent/metrics/own_metrics.h"

namespace sawlog::agent {
namespace {

using Consumers = std::vector<ConsumerFigures>;

double real(uint64_t value) {
  return static_cast<double>(value);
}

template <class Value>
void for_consumers(const Consumers& consumers, std::string_view name, FamilyType type,
                   std::string_view help, ExpositionWriter& writer, const Value& value) {
  writer.family(name, type, help);
  for (const ConsumerFigures& consumer : consumers) {
    writer.sample({{"consumer", consumer.name}}, static_cast<double>(value(consumer)));
  }
}

template <class Value>
void for_outputs(const Consumers& consumers, std::string_view name, FamilyType type,
                 std::string_view help, ExpositionWriter& writer, const Value& value) {
  writer.family(name, type, help);
  for (const ConsumerFigures& consumer : consumers) {
    if (!consumer.is_output) continue;
    writer.sample({{"output", consumer.name}}, static_cast<double>(value(consumer)));
  }
}

void write_records(const Consumers& consumers, ExpositionWriter& writer) {
  writer.family("sawlog_records_total", FamilyType::kCounter,
                "Lines whose fate is settled and saved");
  for (const ConsumerFigures& consumer : consumers) {
    const auto result = [&](std::string_view name, uint64_t lines) {
      writer.sample({{"consumer", consumer.name}, {"result", name}}, real(lines));
    };
    result("delivered", consumer.delivered_lines);
    result("dead_lettered", consumer.dead_lettered_lines);
    result("filtered", consumer.filtered_lines);
    result("abandoned", consumer.abandoned_lines);
  }
  for_consumers(consumers, "sawlog_cut_records_total", FamilyType::kCounter,
                "Lines longer than line_bytes_max, delivered cut", writer,
                [](const auto& consumer) { return consumer.cut_lines; });
  for_consumers(consumers, "sawlog_not_json_records_total", FamilyType::kCounter,
                "Lines that are not JSON, delivered wrapped", writer,
                [](const auto& consumer) { return consumer.not_json_lines; });
  for_outputs(consumers, "sawlog_unreadable_times_total", FamilyType::kCounter,
              "Records whose time is no date, or out of range: shipped with the time of reading",
              writer, [](const auto& consumer) { return consumer.unreadable_times; });
}

void write_consumers(const Consumers& consumers, ExpositionWriter& writer) {
  write_records(consumers, writer);
  for_consumers(consumers, "sawlog_in_flight_records", FamilyType::kGauge,
                "Lines read and not yet settled", writer,
                [](const auto& consumer) { return consumer.in_flight_lines; });
  for_consumers(consumers, "sawlog_lag_bytes", FamilyType::kGauge,
                "Bytes of the followed files that are not settled", writer,
                [](const auto& consumer) { return consumer.lag_bytes; });
  for_consumers(consumers, "sawlog_lag_seconds", FamilyType::kGauge,
                "How long the oldest unsettled bytes have been there", writer,
                [](const auto& consumer) { return consumer.lag_seconds; });
  for_consumers(consumers, "sawlog_state_saved", FamilyType::kGauge,
                "0 while cursors and counts cannot be saved", writer,
                [](const auto& consumer) { return consumer.is_saved ? 1 : 0; });
  for_consumers(consumers, "sawlog_memory_bytes", FamilyType::kGauge,
                "What the consumer's handler holds", writer,
                [](const auto& consumer) { return consumer.memory_bytes; });
}

void write_outputs(const Consumers& consumers, ExpositionWriter& writer) {
  for_outputs(consumers, "sawlog_output_up", FamilyType::kGauge,
              "1 while the output can deliver, 0 while it is unreachable or paused", writer,
              [](const auto& consumer) { return consumer.is_up ? 1 : 0; });
  for_outputs(consumers, "sawlog_requests_total", FamilyType::kCounter,
              "Requests to the destination", writer,
              [](const auto& consumer) { return consumer.requests; });
  for_outputs(consumers, "sawlog_retries_total", FamilyType::kCounter,
              "Requests or messages sent again", writer,
              [](const auto& consumer) { return consumer.retries; });
  for_outputs(consumers, "sawlog_sent_bytes_total", FamilyType::kCounter,
              "Bytes sent to the destination, compressed", writer,
              [](const auto& consumer) { return consumer.sent_bytes; });
  for_outputs(consumers, "sawlog_already_there_records_total", FamilyType::kCounter,
              "Lines that the destination had from before a crash", writer,
              [](const auto& consumer) { return consumer.already_there_lines; });
  for_outputs(consumers, "sawlog_overflow_records_total", FamilyType::kCounter,
              "Lines with a label set beyond streams_max", writer,
              [](const auto& consumer) { return consumer.overflow_lines; });
  for_outputs(consumers, "sawlog_failure_store_records_total", FamilyType::kCounter,
              "Lines that the destination took, but put into its failure store", writer,
              [](const auto& consumer) { return consumer.diverted_lines; });
  writer.family("sawlog_dead_letters_total", FamilyType::kCounter,
                "Lines refused for good and put aside");
  for (const ConsumerFigures& consumer : consumers) {
    for (const auto& [reason, lines] : consumer.dead_letters) {
      writer.sample({{"output", consumer.name}, {"reason", reason}}, real(lines));
    }
  }
}

void write_one(std::string_view name, FamilyType type, std::string_view help, double value,
               ExpositionWriter& writer) {
  writer.family(name, type, help);
  writer.sample({}, value);
}

void write_files(const OwnFigures& figures, ExpositionWriter& writer) {
  writer.family("sawlog_read_bytes_total", FamilyType::kCounter,
                "Bytes read from a source's files");
  for (const auto& [source, bytes] : figures.read_bytes) {
    writer.sample({{"source", source}}, real(bytes));
  }
  writer.family("sawlog_abandoned_bytes_total", FamilyType::kCounter,
                "Bytes that were gone before they were delivered");
  for (const auto& [reason, bytes] : figures.abandoned_bytes) {
    writer.sample({{"reason", reason}}, real(bytes));
  }
  write_one("sawlog_held_bytes", FamilyType::kGauge,
            "Bytes that the agent's copies of deleted files occupy", real(figures.held_bytes),
            writer);
  write_one("sawlog_files", FamilyType::kGauge, "Files that are known", real(figures.files_known),
            writer);
  write_one("sawlog_open_files", FamilyType::kGauge, "Files that are open",
            real(figures.files_open), writer);
  write_one("sawlog_rotated_files_total", FamilyType::kCounter, "Rotations seen",
            real(figures.files_rotated), writer);
  write_one("sawlog_truncated_files_total", FamilyType::kCounter, "Truncations seen",
            real(figures.files_truncated), writer);
}

}  // namespace

void write_own_metrics(const OwnFigures& figures, ExpositionWriter& writer) {
  writer.family("sawlog_build_info", FamilyType::kGauge, "The agent's version");
  writer.sample({{"version", figures.version}}, 1);
  write_one("sawlog_start_time_seconds", FamilyType::kGauge, "When the agent started, Unix time",
            static_cast<double>(figures.started_unix_ns) / 1e9, writer);
  write_one("sawlog_memory_limit_bytes", FamilyType::kGauge, "memory_limit of the configuration",
            real(figures.memory_limit_bytes), writer);
  writer.family("sawlog_reloads_total", FamilyType::kCounter,
                "Reloads of the configuration since the agent started");
  writer.sample({{"result", "done"}}, real(figures.reloads_done));
  writer.sample({{"result", "failed"}}, real(figures.reloads_failed));
  write_one("sawlog_config_last_reload_successful", FamilyType::kGauge,
            "0: the agent runs with an older configuration than the last one it was given",
            figures.is_last_reload_done ? 1 : 0, writer);
  write_files(figures, writer);
  write_consumers(figures.consumers, writer);
  write_outputs(figures.consumers, writer);
}

}  // namespace sawlog::agent
