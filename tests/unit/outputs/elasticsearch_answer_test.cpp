#include "outputs/elasticsearch_answer.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

void check_fate(int status, std::string_view type, std::string_view reason, LineFate want) {
  EXPECT_EQ(fate_of_bulk_item(status, type, reason), want)
      << status << " " << type << " " << reason;
}

TEST(BulkItem, BusyIsTriedAgain) {
  check_fate(429, "es_rejected_execution_exception", "rejected execution", LineFate::kAgain);
  check_fate(429, "circuit_breaking_exception", "Data too large", LineFate::kAgain);
  check_fate(429, "cluster_block_exception", "disk usage exceeded flood-stage", LineFate::kAgain);
  check_fate(503, "unavailable_shards_exception", "primary shard is not active", LineFate::kAgain);
  check_fate(500, "null_pointer_exception", "", LineFate::kAgain);
}

TEST(BulkItem, FaultsOfTheDocumentAreRefused) {
  const LineFate refused = LineFate::kRefused;
  check_fate(400, "document_parsing_exception", "[1:5] failed to parse field [status]", refused);
  check_fate(400, "mapper_parsing_exception", "failed to parse field [status]", refused);
  check_fate(400, "strict_dynamic_mapping_exception", "introduction of [x] is not allowed",
             refused);
  check_fate(400, "max_bytes_length_exceeded_exception", "bytes can be at most 32766", refused);
  check_fate(400, "illegal_argument_exception", "Limit of total fields [1000] has been exceeded",
             refused);
  check_fate(400, "illegal_argument_exception",
             "Document contains at least one immense term in field=\"message\"", refused);
  check_fate(400, "illegal_argument_exception",
             "mapper [error] cannot be changed from type [keyword] to [ObjectMapper]", refused);
  check_fate(400, "illegal_argument_exception",
             "can't merge a non object mapping [error] with an object mapping", refused);
  check_fate(400, "illegal_argument_exception",
             "data stream timestamp field [@timestamp] is missing", refused);
  check_fate(413, "anything", "", refused);
}

TEST(BulkItem, EverythingElseIsTheOperators) {
  const LineFate operators = LineFate::kOperator;
  check_fate(400, "illegal_argument_exception", "pipeline with id [missing] does not exist",
             operators);
  check_fate(400, "illegal_argument_exception",
             "only write ops with an op_type of create are allowed in data streams", operators);
  check_fate(400, "invalid_index_name_exception", "Invalid index name [X]", operators);
  check_fate(400, "index_closed_exception", "closed", operators);
  check_fate(400, "never_heard_of_exception", "", operators);
  check_fate(403, "security_exception", "action [indices:data/write] is unauthorized", operators);
  check_fate(403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8]", operators);
  check_fate(404, "index_not_found_exception", "no such index [x]", operators);
  check_fate(302, "", "", operators);
}

Judgement judge(int status, std::string body, uint32_t line_count) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return judge_bulk_answer(response, line_count);
}

TEST(BulkAnswer, WithoutErrorsAllLinesAreDelivered) {
  const Judgement judgement = judge(
      200, R"({"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]})", 2);
  EXPECT_EQ(judgement.kind, Judgement::Kind::kLines);
  EXPECT_TRUE(judgement.exceptions.empty());
  EXPECT_EQ(judgement.already_there, 0);
}

TEST(BulkAnswer, IsReadItemByItem) {
  const Judgement judgement = judge(200, R"({"took":3,"errors":true,"items":[
    {"create":{"status":201}},
    {"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},
    {"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}},
    {"create":{"error":{"type":"document_parsing_exception",
      "reason":"[1:26] failed to parse field [n] of type [long]",
      "caused_by":{"type":"illegal_argument_exception","reason":"For input string: \"x\""}},"status":400}},
    {"index":{"status":403,"error":{"type":"security_exception","reason":"unauthorized"}}},
    {"create":{"status":503}}]})",
                                    6);
  ASSERT_EQ(judgement.kind, Judgement::Kind::kLines);
  EXPECT_EQ(judgement.already_there, 1);
  ASSERT_EQ(judgement.exceptions.size(), 4);
  EXPECT_EQ(judgement.exceptions[0].line, 2);
  EXPECT_EQ(judgement.exceptions[0].fate, LineFate::kAgain);
  EXPECT_EQ(judgement.exceptions[1].line, 3);
  EXPECT_EQ(judgement.exceptions[1].fate, LineFate::kRefused);
  EXPECT_EQ(judgement.exceptions[1].type, "document_parsing_exception");
  EXPECT_EQ(judgement.exceptions[1].reason,
            "[1:26] failed to parse field [n] of type [long]: For input string: \"x\"");
  EXPECT_EQ(judgement.exceptions[2].line, 4);
  EXPECT_EQ(judgement.exceptions[2].fate, LineFate::kOperator);
  EXPECT_EQ(judgement.exceptions[3].line, 5);
  EXPECT_EQ(judgement.exceptions[3].type, "status_503");
}

TEST(BulkAnswer, TellsWhichIndexTookTheLines) {
  EXPECT_EQ(judge(200, R"({"errors":false,"items":[{"create":{"_index":"logs-000007","status":201}},
    {"create":{"_index":"logs-000007","status":201}}]})",
                  2)
                .index,
            "logs-000007");
  EXPECT_EQ(judge(200, R"({"errors":true,"items":[
    {"create":{"_index":"x-000001","status":503}},{"create":{"_index":"x-000002","status":409}}]})",
                  2)
                .index,
            "x-000002");
}

TEST(BulkAnswer, CountsWhatWentToTheFailureStore) {
  const Judgement judgement = judge(200, R"({"errors":false,"items":[
    {"create":{"_index":".fs-logs-000002","status":201,"failure_store":"used"}},
    {"create":{"_index":".ds-logs-000007","status":201}}]})",
                                    2);
  EXPECT_EQ(judgement.kind, Judgement::Kind::kLines);
  EXPECT_EQ(judgement.diverted, 1);
  EXPECT_EQ(judgement.index, ".ds-logs-000007");
  EXPECT_TRUE(judgement.exceptions.empty());
}

TEST(BulkAnswer, AFailureInTheMiddleLeavesOpenWhetherTheLineIsThere) {
  const Judgement judgement = judge(
      200, R"({"errors":true,"items":[{"create":{"status":429}},{"create":{"status":503}}]})", 2);
  EXPECT_FALSE(judgement.exceptions.at(0).may_be_there);
  EXPECT_TRUE(judgement.exceptions.at(1).may_be_there);
}

void check_kind(int status, const std::string& body, Judgement::Kind want) {
  const Judgement judgement = judge(status, body, 2);
  EXPECT_EQ(judgement.kind, want) << status << " " << body;
  EXPECT_EQ(judgement.reason.empty(), want == Judgement::Kind::kLines);
}

TEST(BulkAnswer, ThatIsNoneLeavesTheOutcomeUnknown) {
  const auto unknown = Judgement::Kind::kUnknown;
  check_kind(200, "", unknown);
  check_kind(200, "<html>sign in</html>", unknown);
  check_kind(200, "{}", unknown);
  check_kind(200, "[]", unknown);
  check_kind(200, R"({"errors":false,"items":[{"create":{"status":201}}]})", unknown);  // of two
  check_kind(200, R"({"errors":true,"items":[{"create":{"status":201}},{"create":{}}]})", unknown);
  check_kind(200, R"({"errors":true,"items":[{"create":{"status":201}},7]})", unknown);
  check_kind(200, R"({"errors":true,"items":[{"create":{"status":201}},{}]})", unknown);
  check_kind(200, R"({"errors":true,"items":[{"create":{"status":201}},{"create":{"sta)", unknown);
  check_kind(200, R"({"errors":"no","items":[]})", unknown);
}

TEST(BulkAnswer, OfTheWholeRequest) {
  check_kind(413, "", Judgement::Kind::kTooLarge);
  check_kind(429, R"({"error":{"type":"es_rejected_execution_exception"}})",
             Judgement::Kind::kBusy);
  for (const int status : {408, 500, 502, 503, 504}) {
    check_kind(status, "no healthy upstream", Judgement::Kind::kUnknown);
  }
  for (const int status : {301, 302, 307, 400, 401, 403, 404, 405, 406, 415}) {
    check_kind(status, "{}", Judgement::Kind::kOperator);
  }
}

TEST(BulkAnswer, ReasonIsOneShortLine) {
  const Judgement judgement =
      judge(503, "no\r\n\r\nhealthy\tupstream\n" + std::string(10'000, 'x'), 1);
  EXPECT_EQ(judgement.reason.substr(0, 25), "503: no healthy upstream ");
  EXPECT_LT(judgement.reason.size(), 600);
}

}  // namespace
}  // namespace sawlog::outputs
