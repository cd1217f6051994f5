#include "parsers/record_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;
using testing::ElementsAre;

RecordFilter filter_of(const SourceContext& source, const std::string& where = "") {
  auto filter = RecordFilter::compile(source, where);
  EXPECT_TRUE(filter) << filter.error().message;
  return *std::move(filter);
}

std::vector<std::string> passing(RecordFilter& filter, const Chunk& chunk) {
  std::vector<std::string> lines;
  for (const Line& line : filter.passing(chunk)) lines.emplace_back(chunk.text(line));
  return lines;
}

TEST(RecordFilter, both_conditions_must_hold) {
  TextChunk text("{\"a\":1}\n{\"a\":2}\ntext\n{\"a\":3}\n");
  text.source.where = "a >= 2";
  RecordFilter filter = filter_of(text.source, "a <= 2");
  EXPECT_THAT(passing(filter, text.chunk), ElementsAre("{\"a\":2}"));
}

TEST(RecordFilter, without_conditions_the_lines_are_the_chunks_own) {
  TextChunk text("one\ntwo\n");
  RecordFilter filter = filter_of(text.source);
  EXPECT_TRUE(filter.passes_all());
  EXPECT_EQ(filter.passing(text.chunk).data(), text.chunk.lines.data());
}

TEST(RecordFilter, wrong_expressions_are_refused) {
  SourceContext source;
  source.where = "a =";
  EXPECT_FALSE(RecordFilter::compile(source, ""));
  EXPECT_FALSE(RecordFilter::compile({}, "("));
  source = {};
  source.sample = {0.5, "", "and"};
  EXPECT_FALSE(RecordFilter::compile(source, ""));
}

std::string many_records() {
  std::string text;
  for (int i = 0; i < 8000; ++i) {
    text += R"({"level":")" + std::string(i % 100 == 0 ? "error" : "info") + R"(","trace_id":"t)" +
            std::to_string(i / 4) + "\"}\n";
  }
  return text;
}

TEST(RecordFilter, a_sample_has_its_rate_and_keeps_all_errors) {
  TextChunk text(many_records());
  text.source.sample.rate = 0.25;
  RecordFilter filter = filter_of(text.source);
  const std::vector<std::string> first = passing(filter, text.chunk);
  size_t errors = 0;
  for (const std::string& line : first) errors += line.find("error") != std::string::npos ? 1 : 0;
  EXPECT_EQ(errors, 80);
  EXPECT_NEAR(static_cast<double>(first.size() - errors), 0.25 * 7920, 150);
  RecordFilter again = filter_of(text.source);
  EXPECT_EQ(passing(again, text.chunk), first) << "the same after a restart";
}

TEST(RecordFilter, errors_are_sampled_where_asked) {
  TextChunk text(many_records());
  text.source.sample = {0, "", ""};
  RecordFilter filter = filter_of(text.source);
  EXPECT_THAT(passing(filter, text.chunk), testing::IsEmpty());
}

TEST(RecordFilter, records_with_the_same_value_stay_together) {
  TextChunk text(many_records());
  text.source.sample = {0.5, "trace_id", ""};
  RecordFilter filter = filter_of(text.source);
  std::map<std::string, int> counts;
  for (const std::string& line : passing(filter, text.chunk)) {
    ++counts[line.substr(line.find("trace_id"))];
  }
  for (const auto& [trace, count] : counts) EXPECT_EQ(count, 4) << trace;
  EXPECT_NEAR(static_cast<double>(counts.size()), 1000, 100);
}

}  // namespace
}  // namespace sawlog::parsers
