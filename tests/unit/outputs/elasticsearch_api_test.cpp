#include "outputs/elasticsearch_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(SearchServer, IsElasticsearchUnlessItSaysOtherwise) {
  const auto elasticsearch =
      read_server(R"({"cluster_name":"logs","version":{"number":"8.19.21"},"tagline":"x"})");
  ASSERT_TRUE(elasticsearch);
  EXPECT_EQ(elasticsearch->product, "Elasticsearch");
  EXPECT_EQ(elasticsearch->version, "8.19.21");
  EXPECT_EQ(elasticsearch->cluster, "logs");
  const auto opensearch =
      read_server(R"({"version":{"distribution":"opensearch","number":"2.19.6"}})");
  ASSERT_TRUE(opensearch);
  EXPECT_TRUE(opensearch->is_opensearch());
}

TEST(SearchServer, IsNoneOfThem) {
  EXPECT_FALSE(read_server(""));
  EXPECT_FALSE(read_server("<html>"));
  EXPECT_FALSE(read_server("[]"));
  EXPECT_FALSE(read_server(R"({"version":"2.0"})"));
}

TEST(Indices, OfADataStreamInTheOrderOfWriting) {
  EXPECT_THAT(
      read_indices(R"({"indices":[],"aliases":[],"data_streams":[{"name":"logs-a-b",
    "backing_indices":[".ds-logs-a-b-2026.11.25-000001",".ds-logs-a-b-2026.11.25-000002"],
    "timestamp_field":"@timestamp"}]})"),
      Optional(ElementsAre(".ds-logs-a-b-2026.11.25-000001", ".ds-logs-a-b-2026.11.25-000002")));
}

TEST(Indices, OfAnAliasByTheirNumbers) {
  EXPECT_THAT(read_indices(R"({"indices":[],"data_streams":[],"aliases":[{"name":"logs",
    "indices":["logs-10","logs-9","shrink-x-logs-8"]}]})"),
              Optional(ElementsAre("shrink-x-logs-8", "logs-9", "logs-10")));
}

TEST(Indices, OfAPlainIndexAndOfNothing) {
  EXPECT_THAT(read_indices(R"({"indices":[{"name":"app","attributes":["open"]}],"aliases":[],
    "data_streams":[]})"),
              Optional(ElementsAre("app")));
  EXPECT_THAT(read_indices(R"({"indices":[],"aliases":[],"data_streams":[]})"),
              Optional(IsEmpty()));
  EXPECT_FALSE(read_indices("no JSON"));
  EXPECT_FALSE(read_indices("{}"));
}

TEST(Block, IsNamedWithItsIndex) {
  EXPECT_EQ(read_block(R"({"a":{"settings":{}},
    "b":{"settings":{"index.blocks.write":"true"}}})"),
            "'index.blocks.write' of 'b'");
  EXPECT_EQ(read_block(R"({"a":{"settings":{"index.blocks.write":"false"}}})"), "");
  EXPECT_EQ(read_block("{}"), "");
}

TEST(ErrorOfTheServer, IsToldInItsWords) {
  HttpResponse response;
  response.status = 401;
  response.body = R"({"error":{"root_cause":[{"type":"x"}],"type":"security_exception",
    "reason":"unable to authenticate"},"status":401})";
  EXPECT_EQ(describe_error(response), "401: security_exception: unable to authenticate");
  response.body = R"({"error":"no handler found"})";
  EXPECT_EQ(describe_error(response), R"(401: {"error":"no handler found"})");
  response.body = "<html>";
  EXPECT_EQ(describe_error(response), "401: <html>");
}

TEST(Privileges, ThatAreMissing) {
  EXPECT_THAT(read_missing_privileges(R"({"username":"agent","has_all_requested":false,
    "cluster":{},"index":{"logs":{"create_doc":true,"read":false,"view_index_metadata":false}}})"),
              Optional(testing::StrEq("read, view_index_metadata")));
  EXPECT_FALSE(read_missing_privileges("{}"));
}

}  // namespace
}  // namespace sawlog::outputs
