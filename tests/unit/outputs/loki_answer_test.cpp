#include "outputs/loki_answer.h"

#include <gtest/gtest.h>

#include "outputs/batch.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// The texts are those of Loki 3.7.
constexpr std::string_view kTooOld =
    "entry for stream '{app=\"a\"}' has timestamp too old: 2026-11-13T07:00:00Z, oldest acceptable "
    "timestamp is: 2026-11-14T07:00:00Z";
constexpr std::string_view kTooFarBehind =
    "entry with timestamp 2026-11-21 05:00:00 +0000 UTC ignored, reason: 'entry too far behind, "
    "entry timestamp is: 2026-11-21T05:00:00Z, oldest acceptable timestamp is: "
    "2026-11-21T06:00:00Z',\nuser 'fake', total ignored: 1 out of 2 for stream: {app=\"a\"}";
constexpr int64_t kOldestForAll = 1'794'639'600;    // 2026-11-14T07:00:00Z
constexpr int64_t kOldestInStream = 1'795'240'800;  // 2026-11-21T06:00:00Z
constexpr std::string_view kRate =
    "ingestion rate limit exceeded for user fake (limit: 10000 bytes/sec) while attempting to "
    "ingest '30' lines totaling '25000' bytes, reduce log volume or contact your Loki "
    "administrator to see if the limit can be increased";

Batch batch_of(SettledLines& sink, const std::vector<int64_t>& times_unix_ns) {
  BatchBuilder builder({});
  builder.begin_chunk(Delivery(&sink, {{}, 0, 100, times_unix_ns.size()}), "/x.log", 0);
  for (const int64_t time : times_unix_ns) {
    builder.bytes() += "frame";
    builder.end_line({.time_unix_ns = time});
  }
  builder.end_chunk();
  return *builder.take_rest();
}

// "parts: 0 1 | 2; refused: 3 too_far_behind": what the judgement does to the lines.
std::string describe(const Judgement& judgement) {
  if (judgement.kind == Judgement::Kind::kLines && judgement.exceptions.empty()) return "delivered";
  if (judgement.kind == Judgement::Kind::kOperator) return "operator";
  if (judgement.kind == Judgement::Kind::kUnknown) return "unknown";
  if (judgement.kind == Judgement::Kind::kBusy) return "busy";
  if (judgement.kind == Judgement::Kind::kTooLarge) return "too large";
  std::string text;
  for (const auto& part : judgement.parts) {
    if (!text.empty()) text += "| ";
    for (const uint32_t line : part) text += std::to_string(line) + " ";
  }
  for (const LineVerdict& verdict : judgement.exceptions) {
    text += "refused " + std::to_string(verdict.line) + " " + verdict.type + " ";
  }
  return text;
}

void check_answer(int status, std::string_view body, const std::vector<int64_t>& times_unix_ns,
                  std::string_view want, uint64_t attempts = 0) {
  SettledLines sink;
  Batch batch = batch_of(sink, times_unix_ns);
  batch.attempts = attempts;
  HttpResponse response;
  response.status = status;
  response.body = body;
  EXPECT_EQ(describe(judge_push_answer(response, batch)), want) << status << " " << body;
}

const std::vector<int64_t> kFour = {0, 1, 2, 3};

TEST(LokiAnswer, OfTheWholeRequest) {
  check_answer(204, "", kFour, "delivered");
  check_answer(200, "", kFour, "delivered");
  check_answer(500, "too many unhealthy instances in the ring", kFour, "unknown");
  check_answer(503, "", kFour, "unknown");
  check_answer(401, "no org id", kFour, "operator");
  check_answer(404, "", kFour, "operator");
  check_answer(302, "", kFour, "operator");
  check_answer(413, "", kFour, "too large");
  check_answer(500,
               "rpc error: code = ResourceExhausted desc = grpc: received message larger than max "
               "(4194569 vs. 4194304)",
               kFour, "too large");
}

TEST(LokiAnswer, ABadRequestNobodyKnowsIsTheOperators) {
  check_answer(400, "tenant ID 'a/b' contains unsupported character '/'", kFour, "operator");
  check_answer(400,
               "stream '{app=\"a\"}' includes structured metadata, but this feature is disallowed.",
               kFour, "operator");
  check_answer(400, "snappy: corrupt input", kFour, "operator");
  check_answer(400, "", {0}, "operator");
}

TEST(LokiAnswer, ARefusedEntryIsFoundByHalves) {
  const std::string_view too_long =
      "Max entry size '262144' bytes exceeded for stream '{app=\"a\"}' while adding an entry with "
      "length '307200' bytes";
  check_answer(400, too_long, kFour, "0 1 | 2 3 ");
  check_answer(400, too_long, {0, 1, 2}, "0 | 1 2 ");
  check_answer(400, too_long, {0}, "refused 0 line_too_long ");
  check_answer(400, "entry for stream '{a=\"b\"}' has timestamp too new: 2027-01-01T00:00:00Z", {0},
               "refused 0 too_far_in_future ");
  check_answer(400, "stream '{...}' has 16 label names; limit 15", {0},
               "refused 0 max_label_names_per_series ");
}

TEST(LokiAnswer, WhatIsTooOldIsRefusedAtOnce) {
  const int64_t edge = kOldestForAll * kSecond;
  check_answer(400, kTooOld, {edge - 1, edge, 0, edge + kSecond},
               "1 3 refused 0 greater_than_max_sample_age refused 2 greater_than_max_sample_age ");
  check_answer(400, kTooOld, {0, 1},
               "refused 0 greater_than_max_sample_age refused 1 greater_than_max_sample_age ");
  // The server counts finer than it prints.
  check_answer(400, kTooOld, {edge + 1, edge + 2}, "0 | 1 ");
}

TEST(LokiAnswer, WhatIsTooFarBehindIsRefusedAtOnce) {
  const int64_t edge = kOldestInStream * kSecond;
  check_answer(400, kTooFarBehind, {edge - 1, edge, edge - 2},
               "1 refused 0 too_far_behind refused 2 too_far_behind ");
}

TEST(LokiAnswer, ARequestAboveTheBurstIsSplit) {
  check_answer(429, kRate, kFour, "busy", 0);
  check_answer(429, kRate, kFour, "busy", 1);
  check_answer(429, kRate, kFour, "too large", 2);
  check_answer(429, kRate, {0}, "busy", 99);
  check_answer(429, "Per stream rate limit exceeded (limit: 1KB/sec)", kFour, "too large", 2);
}

TEST(LokiAnswer, ARequestThatWillPassInTimeIsNotSplit) {
  check_answer(429,
               "ingestion rate limit exceeded for user fake (limit: 10000 bytes/sec) while "
               "attempting to ingest '30' lines totaling '9000' bytes",
               kFour, "busy", 50);
}

void check_oldest(std::string_view time, std::optional<int64_t> want_seconds) {
  const std::string text = "oldest acceptable timestamp is: " + std::string(time);
  const auto found = oldest_acceptable_unix_ns(text);
  ASSERT_EQ(found.has_value(), want_seconds.has_value()) << time;
  EXPECT_EQ(found.value_or(0), want_seconds.value_or(0) * kSecond) << time;
}

TEST(LokiAnswer, TimesInAnyZone) {
  check_oldest("2026-11-14T07:00:00Z", kOldestForAll);
  check_oldest("2026-11-14T07:00:00Z',\nuser", kOldestForAll);
  check_oldest("2026-11-14T09:00:00+02:00", kOldestForAll);
  check_oldest("2026-11-14T02:30:00-04:30", kOldestForAll);
  check_oldest("2026-11-14", std::nullopt);
  check_oldest("2026-11-14T07:00:00", std::nullopt);
  check_oldest("", std::nullopt);
}

}  // namespace
}  // namespace sawlog::outputs
