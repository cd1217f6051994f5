// What may be recorded, and what is said of the rest.
#include "agent/metrics/recorded_value.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

void check(const std::string& json, const std::string& want) {
  const auto value = parse_recorded(json);
  ASSERT_TRUE(value) << json << ": " << value.error().message;
  EXPECT_EQ(value->to_line(1'700'000'000'000'000'000), want + "\n");
  const auto again = parse_recorded(want);
  ASSERT_TRUE(again) << want;
  EXPECT_EQ(again->to_line(1'700'000'000'000'000'000), want + "\n");
}

void check_refused(const std::string& json, const std::string& message) {
  const auto value = parse_recorded(json);
  ASSERT_FALSE(value) << json;
  EXPECT_EQ(value.error().message.substr(0, message.size()), message) << json;
}

const std::string kBegin =
    R"({"@timestamp":"2023-11-14T22:13:20.000000Z","event.name":"metric.recorded",)";

TEST(RecordedValue, WhatMayBeRecorded) {
  check(
      "{\n  \"metric_type\": \"counter\",\n  \"name\": \"custom_events_total\",\n"
      "  \"value\": 1,\n  \"labels\": {\"event_type\": \"signup\"}\n}",
      kBegin + R"("metric_type":"counter","name":"custom_events_total","value":1.0,)"
               R"("labels":{"event_type":"signup"}})");
  check(R"({"metric_type":"gauge","name":"depth","value":-2.5,"labels":{"b":true,"a":7}})",
        kBegin + R"("metric_type":"gauge","name":"depth","value":-2.5,)"
                 R"("labels":{"a":"7","b":"true"}})");
  check(R"({"metric_type":"histogram","name":"took_seconds","value":1e-3})",
        kBegin + R"("metric_type":"histogram","name":"took_seconds","value":0.001,"labels":{}})");
}

TEST(RecordedValue, WhatMayNot) {
  const std::string good = R"("metric_type":"counter","name":"a_total","value":1)";
  check_refused("", "it is not a JSON object");
  check_refused("[1]", "it is not a JSON object");
  check_refused("{" + good, "it is not a JSON object");
  check_refused(R"({"name":"a_total","value":1})", "it lacks 'metric_type'");
  check_refused(R"({"metric_type":"summary","name":"a_total","value":1})", "'metric_type' must be");
  check_refused(R"({"metric_type":"counter","name":"a total","value":1})",
                "'name' 'a total' is not");
  check_refused(R"({"metric_type":"counter","name":"sawlog_x","value":1})", "'name' 'sawlog_x' is");
  check_refused(R"({"metric_type":"counter","name":7,"value":1})", "'name' must be a text");
  check_refused(R"({"metric_type":"counter","name":")" + std::string(201, 'a') + R"(","value":1})",
                "'name' is longer");
  check_refused(R"({"metric_type":"counter","name":"a","value":"1"})", "'value' must be a number");
  check_refused(R"({"metric_type":"counter","name":"a","value":-1})", "'value' is negative");
  check_refused("{" + good + R"(,"labels":[]})", "'labels' is a list");
  check_refused("{" + good + R"(,"labels":"x"})", "'labels' must be an object");
  check_refused("{" + good + R"(,"labels":{"a":null}})", "label 'a' must be");
  check_refused("{" + good + R"(,"labels":{"a":{}}})", "label 'a' must be");
  check_refused("{" + good + R"(,"labels":{"le":"1"}})", "'le' is not a label name");
  check_refused("{" + good + R"(,"labels":{"a":"1","a":"2"}})", "it has 'a' twice");
  check_refused("{" + good + R"(,"labels":{"a":")" + std::string(257, 'x') + R"("}})",
                "label 'a' is longer");
  check_refused("{" + good + R"(,"unit":"s"})", "'unit' is unknown");
  check_refused(std::string(100'000, '['), "it is not a JSON object");
}

}  // namespace
}  // namespace sawlog::agent
