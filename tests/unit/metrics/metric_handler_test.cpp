// From lines to /metrics.
#include "agent/metrics/metric_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/feed.h"

namespace sawlog::agent {
namespace {

using outputs::SaveKind;

TEST(MetricHandler, ASourceMayHavePresetsOfItsOwn) {  // error.log repeats lines of application.log
  config::MetricsConfig config = presets({"log"});
  config.presets_by_source["app"] = {};
  Feed feed(config);
  feed.lines({R"({"service.name":"shop","log.level":"error","message":"a"})"});
  EXPECT_THAT(feed.shown(), testing::IsEmpty());
  EXPECT_EQ(feed.delivered(), 1);
}

TEST(MetricHandler, CountsRecordsAndErrors) {
  Feed feed(presets({"log"}));
  feed.lines({R"({"service.name":"shop","log.level":"info","message":"a"})",
              R"({"service":"shop","level":"INFO","event":"b"})",
              R"({"service":{"name":"shop"},"log.level":"error","error":{"type":"IOError"}})",
              R"({"service.name":"shop","levelname":"CRITICAL","error.type":"IOError"})",
              "plain text", "\xff\xfe"});
  EXPECT_THAT(feed.shown(), testing::ElementsAre(
                                R"(log_errors_total{service_name="shop",error_type="IOError"} 2)",
                                R"(log_records_total{service_name="",level=""} 2)",
                                R"(log_records_total{service_name="shop",level="error"} 1)",
                                R"(log_records_total{service_name="shop",level="fatal"} 1)",
                                R"(log_records_total{service_name="shop",level="info"} 2)"));
  EXPECT_EQ(feed.delivered(), 6);
  EXPECT_EQ(feed.handled().not_json_lines, 2);
}

// The counters of an HTTP event, without the histogram.
void check_requests(const std::string& line, const std::vector<std::string>& want) {
  Feed feed(presets({"http"}));
  feed.lines({line});
  std::vector<std::string> found = feed.shown();
  std::erase_if(found,
                [](const std::string& text) { return !text.starts_with("http_requests_total"); });
  EXPECT_EQ(found, want) << line;
}

TEST(MetricHandler, WhatAnHttpRequestIs) {
  const std::vector<std::string> kOne = {
      R"(http_requests_total{method="GET",endpoint="/orders/{id}",status_code="200"} 1)"};
  check_requests(
      R"({"event.name":"http.request","http.request.method":"GET","http.route":"/orders/7","http.response.status_code":200})",
      kOne);
  check_requests(
      R"({"event_type":"http.request","method":"GET","path":"/orders/7?x=1","status_code":200})",
      kOne);
  check_requests(
      R"({"method":"GET","endpoint":"/orders/7","status":200,"event":"request_finished"})", kOne);
  check_requests(
      R"({"http":{"request":{"method":"GET"},"route":"/orders/{id}","response":{"status_code":200}}})",
      kOne);
}

TEST(MetricHandler, WhatAnHttpRequestIsNot) {
  check_requests(
      R"({"event.name":"http.access","method":"GET","path":"/orders/7","status_code":200})", {});
  check_requests(
      R"({"event.name":"http.request.started","method":"GET","path":"/orders/7","status":200})",
      {});
  check_requests(R"({"method":"GET","path":"/orders/7"})", {});
  check_requests(R"({"method":"GET","path":"/orders/7","status":null})", {});
  check_requests(R"(127.0.0.1:5 - "GET /orders/7 HTTP/1.1" 200 OK)", {});
}

TEST(MetricHandler, DurationsInSeconds) {
  Feed feed(presets({"http"}));
  feed.lines({R"({"method":"GET","path":"/a","status":200,"event.duration":5000000})",
              R"({"method":"GET","path":"/a","status":500,"duration_ms":100})",
              R"({"method":"GET","path":"/a","status":200,"duration":2.5})",
              R"({"method":"GET","path":"/a","status":200,"duration":"soon"})",
              R"({"method":"GET","path":"/a","status":200})"});
  const std::vector<std::string> found = feed.shown();
  EXPECT_THAT(
      found,
      testing::IsSupersetOf(
          {R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="0.005"} 1)",
           R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="0.05"} 1)",
           R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="0.1"} 2)",
           R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="2.5"} 3)",
           R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="+Inf"} 3)",
           R"(http_request_duration_seconds_sum{method="GET",endpoint="/a"} 2.605)",
           R"(http_request_duration_seconds_count{method="GET",endpoint="/a"} 3)",
           R"(http_requests_total{method="GET",endpoint="/a",status_code="200"} 4)"}));
}

TEST(MetricHandler, RulesOfTheUser) {
  config::MetricsConfig config = presets({});
  config::MetricRule orders;
  orders.name = "orders_total";
  orders.where = R"(event.name == "order.placed")";
  orders.labels = {{"currency", "order.currency", config::LabelForm::kText}};
  config::MetricRule value = orders;
  value.name = "order_value_total";
  value.value = "order.value";
  config::MetricRule depth;
  depth.kind = config::RuleKind::kGauge;
  depth.name = "queue_length";
  depth.value = "queue.length";
  config.rules = {orders, value, depth};
  Feed feed(config);
  feed.lines({R"({"event.name":"order.placed","order":{"currency":"EUR","value":12.5}})",
              R"({"event.name":"order.placed","order":{"currency":"EUR","value":-3}})",
              R"({"event.name":"order.placed","order":{"currency":["EUR"],"value":1}})",
              R"({"event.name":"order.gone","order":{"currency":"EUR","value":12.5}})",
              R"({"@timestamp":"2026-01-01T00:00:02Z","queue.length":4})",
              R"({"@timestamp":"2026-01-01T00:00:01Z","queue.length":9})"});
  EXPECT_THAT(feed.shown(),
              testing::ElementsAre(R"(order_value_total{currency=""} 1)",
                                   R"(order_value_total{currency="EUR"} 12.5)",
                                   R"(orders_total{currency=""} 1)",
                                   R"(orders_total{currency="EUR"} 2)", "queue_length 4"));
}

TEST(MetricHandler, ShowsOnlyWhatIsSavedAndComesBackWithIt) {
  const std::string line = R"({"service.name":"shop","log.level":"info"})";
  const std::string series = R"(log_records_total{service_name="shop",level="info"} )";
  Feed feed(presets({"log"}));
  feed.lines({line, line});
  EXPECT_THAT(feed.published(), testing::IsEmpty());
  std::vector<std::string> states = {feed.handler().save_state(SaveKind::kFull)};
  EXPECT_THAT(feed.published(), testing::IsEmpty());
  feed.handler().saved();
  EXPECT_THAT(feed.published(), testing::ElementsAre(series + "2"));
  feed.lines({line});
  states.push_back(feed.handler().save_state(SaveKind::kDelta));
  feed.lines({line});
  feed.handler().saved();
  EXPECT_THAT(feed.published(), testing::ElementsAre(series + "3"));

  Feed restarted(presets({"log"}));
  ASSERT_TRUE(restarted.handler().restore(states));
  EXPECT_THAT(restarted.published(), testing::ElementsAre(series + "3"));
  restarted.lines({line});
  EXPECT_THAT(restarted.shown(), testing::ElementsAre(series + "4"));
}

TEST(MetricHandler, RulesThatContradictEachOther) {
  config::MetricsConfig config = presets({"http"});
  config::MetricRule rule;
  rule.name = "http_requests_total";
  config.rules = {rule};
  const SettableClock clock;
  MetricSnapshots snapshots;
  EXPECT_FALSE(MetricHandler::create(config, clock, snapshots));
}

}  // namespace
}  // namespace sawlog::agent
