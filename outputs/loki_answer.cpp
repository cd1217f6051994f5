#include "outputs/loki_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "outputs/http_answer.h"

namespace sawlog::outputs {
namespace {

// A request above the burst never passes, however long one waits; but a 429 may also mean "later",
// which is given so many tries before the request is split.
constexpr uint64_t kBusyBeforeSplit = 3;

struct Refusal {
  std::string_view part;  // of Loki's text
  std::string_view type;
};

// pkg/validation and pkg/ingester of Loki 2.4 to 3.7.
constexpr std::array<Refusal, 13> kRefusals = {{
    {"has timestamp too old", "greater_than_max_sample_age"},
    {"has timestamp too new", "too_far_in_future"},
    {"entry too far behind", "too_far_behind"},
    {"entry out of order", "out_of_order"},
    {"Max entry size", "line_too_long"},
    {"max entry size", "line_too_long"},
    {"label names; limit", "max_label_names_per_series"},
    {"label name too long", "label_name_too_long"},
    {"label value too long", "label_value_too_long"},
    {"duplicate label name", "duplicate_label_names"},
    {"error parsing labels", "invalid_labels"},
    {"has structured metadata too large", "structured_metadata_too_large"},
    {"has too many structured metadata labels", "structured_metadata_too_many"},
}};

// What Loki's parts say to each other when a request is above their gRPC limit (4 MiB by default).
constexpr std::string_view kTooLargeForGrpc = "received message larger than max";

// The lines older than Loki accepts, by its own statement, are refused; the others go again.
std::optional<Judgement> refuse_older(const Batch& batch, int64_t oldest_unix_ns,
                                      std::string_view type, const std::string& reason) {
  Judgement judgement;
  judgement.kind = Judgement::Kind::kParts;
  judgement.parts.emplace_back();
  for (uint32_t line = 0; line < batch.line_count(); ++line) {
    if (batch.line(line).time_unix_ns < oldest_unix_ns) {
      judgement.exceptions.push_back({line, LineFate::kRefused, std::string(type), reason});
    } else {
      judgement.parts.back().push_back(line);
    }
  }
  if (judgement.exceptions.empty()) return std::nullopt;
  return judgement;
}

Judgement judge_refusal(const HttpResponse& response, const Batch& batch, std::string_view type) {
  const std::string reason = describe_answer(response);
  if (batch.line_count() == 1) return all_refused(1, std::string(type), reason);
  const auto oldest = oldest_acceptable_unix_ns(response.body);
  if (oldest && (type == "greater_than_max_sample_age" || type == "too_far_behind")) {
    if (auto judged = refuse_older(batch, *oldest, type, reason)) return *judged;
  }
  return in_halves(batch.line_count());
}

// The number after the phrase, or nothing.
std::optional<uint64_t> number_after(std::string_view text, std::string_view phrase) {
  const size_t found = text.find(phrase);
  if (found == std::string_view::npos) return std::nullopt;
  const char* const begin = text.data() + found + phrase.size();
  uint64_t number = 0;
  const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

// "ingestion rate limit exceeded for user x (limit: 4194304 bytes/sec) while attempting to ingest
// '1000' lines totaling '300000' bytes": less than one second's worth passes in time.
bool will_pass_in_time(std::string_view text) {
  const auto limit = number_after(text, "(limit: ");
  const auto size = number_after(text, "totaling '");
  return limit && size && *size <= *limit;
}

}  // namespace

std::string_view loki_refusal_type(std::string_view text) {
  for (const Refusal& refusal : kRefusals) {
    if (text.find(refusal.part) != std::string_view::npos) return refusal.type;
  }
  return "";
}

std::optional<int64_t> oldest_acceptable_unix_ns(std::string_view text) {
  static constexpr std::string_view kPhrase = "oldest acceptable timestamp is: ";
  const size_t phrase = text.find(kPhrase);
  if (phrase == std::string_view::npos) return std::nullopt;
  const std::string time(text.substr(phrase + kPhrase.size(), 25));
  std::tm date{};
  const char* const end = strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &date);
  if (end == nullptr) return std::nullopt;
  int64_t seconds = timegm(&date);
  if (*end == '+' || *end == '-') {  // RFC 3339 with the server's zone
    std::tm zone{};
    if (strptime(end + 1, "%H:%M", &zone) == nullptr) return std::nullopt;
    const int64_t ahead = zone.tm_hour * 3600 + zone.tm_min * 60;
    seconds -= *end == '+' ? ahead : -ahead;
  } else if (*end != 'Z') {
    return std::nullopt;
  }
  return seconds * 1'000'000'000;
}

Judgement judge_push_answer(const HttpResponse& response, const Batch& batch) {
  if (response.status >= 200 && response.status < 300) return {};
  if (response.status == 400) {
    const std::string_view type = loki_refusal_type(response.body);
    if (!type.empty()) return judge_refusal(response, batch, type);
    Judgement judgement;
    judgement.kind = Judgement::Kind::kOperator;
    judgement.reason = describe_answer(response);
    return judgement;
  }
  Judgement judgement = *judge_status(response);
  if (response.body.find(kTooLargeForGrpc) != std::string::npos) {
    judgement.kind = Judgement::Kind::kTooLarge;
  }
  if (response.status == 429 && batch.attempts + 1 >= kBusyBeforeSplit && batch.line_count() > 1 &&
      !will_pass_in_time(response.body)) {
    judgement.kind = Judgement::Kind::kTooLarge;
  }
  return judgement;
}

}  // namespace sawlog::outputs
