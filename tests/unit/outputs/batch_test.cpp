#include "outputs/batch.h"

#include <gtest/gtest.h>

#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

void give(BatchBuilder& builder, SettledLines& sink, const std::vector<std::string>& frames,
          int64_t now_monotonic_ns = 0) {
  builder.begin_chunk(Delivery(&sink, {{}, 0, 100, frames.size()}), "/a.log", now_monotonic_ns);
  for (const std::string& frame : frames) {
    builder.bytes() += frame;
    builder.end_line({.payload_begin = 1, .payload_size = static_cast<uint32_t>(frame.size() - 1)});
  }
  builder.end_chunk();
}

TEST(BatchBuilder, ClosesABatchInTheMiddleOfAChunk) {
  SettledLines sink;
  BatchBuilder builder({.bytes_max = 6});
  give(builder, sink, {"-aa", "-bb", "-cc", "-dd", "-ee"});
  const auto full = builder.take_full();
  ASSERT_EQ(full.size(), 2);
  EXPECT_EQ(full[0].bytes(), "-aa-bb");
  EXPECT_EQ(full[1].bytes(), "-cc-dd");
  EXPECT_EQ(full[1].frame(0), "-cc");
  EXPECT_EQ(full[1].payload(1), "dd");
  const auto rest = builder.take_rest();
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(rest->bytes(), "-ee");
  full[1].settle_delivered();
  rest->settle_dead_lettered();
  EXPECT_EQ(sink.lines, 0);
  full[0].settle_delivered();
  EXPECT_EQ(sink.lines, 5);
  EXPECT_EQ(sink.delivered, 4);
  EXPECT_EQ(sink.dead_lettered, 1);
  EXPECT_FALSE(builder.take_rest().has_value());
}

TEST(BatchBuilder, AgeBeginsWithTheFirstLine) {
  SettledLines sink;
  BatchBuilder builder({.bytes_max = 100, .age_max_ns = 50});
  EXPECT_EQ(builder.due_monotonic_ns(), INT64_MAX);
  give(builder, sink, {"-a"}, 1000);
  give(builder, sink, {"-b"}, 1040);
  EXPECT_EQ(builder.due_monotonic_ns(), 1050);
  (void)builder.take_rest();
  EXPECT_EQ(builder.due_monotonic_ns(), INT64_MAX);
}

TEST(BatchBuilder, AChunkWithoutLinesIsSettledAtOnce) {
  SettledLines sink;
  BatchBuilder builder({});
  give(builder, sink, {});
  EXPECT_EQ(sink.deliveries, 1);
  EXPECT_FALSE(builder.take_rest().has_value());
}

TEST(BatchBuilder, UsesStorageAgain) {
  SettledLines sink;
  BatchBuilder builder({.bytes_max = 1000});
  give(builder, sink, {"-a"});
  Batch first = *builder.take_rest();
  first.settle_delivered();
  const char* const storage = first.bytes().data();
  builder.recycle(std::move(first));
  give(builder, sink, {"-b"});
  (void)builder.take_rest();  // was there already
  give(builder, sink, {"-c"});
  const Batch third = *builder.take_rest();
  EXPECT_EQ(third.bytes().data(), storage);
  EXPECT_EQ(third.bytes(), "-c");
  EXPECT_EQ(third.line_count(), 1);
}

TEST(Batch, ASubsetSharesDeliveries) {
  SettledLines sink;
  BatchBuilder builder({});
  give(builder, sink, {"-a", "-bb"});
  give(builder, sink, {"-ccc"});
  give(builder, sink, {"-dddd", "-e"});
  const Batch all = *builder.take_rest();
  const std::vector<uint32_t> picked = {1, 3};
  const Batch part = all.subset(picked);
  EXPECT_EQ(part.bytes(), "-bb-dddd");
  EXPECT_EQ(part.payload(1), "dddd");
  all.settle_delivered_except(picked);
  EXPECT_EQ(sink.deliveries, 1);  // the second chunk
  part.settle_delivered();
  EXPECT_EQ(sink.delivered, 5);
}

TEST(Batch, ComesApartByGroup) {
  SettledLines sink;
  BatchBuilder builder({});
  builder.begin_chunk(Delivery(&sink, {{}, 0, 100, 3}), "/a.log", 0);
  const uint32_t a = builder.add_group("a");
  const uint32_t b = builder.add_group("b");
  (void)builder.add_group("c");
  for (const uint32_t group : {b, a, b}) {
    builder.bytes().append("-").append(std::to_string(group));
    builder.end_line({.payload_begin = 1, .payload_size = 1, .group = group});
  }
  builder.end_chunk();
  const std::vector<Batch> parts = builder.take_rest()->one_for_each_group();
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].bytes(), "-0");
  EXPECT_EQ(parts[0].groups(), std::vector<std::string>{"a"});
  EXPECT_EQ(parts[1].bytes(), "-1-1");
  EXPECT_EQ(parts[1].groups(), std::vector<std::string>{"b"});
  EXPECT_EQ(parts[1].line(1).group, 0);
  parts[0].settle_delivered();
  parts[1].settle_delivered();
  EXPECT_EQ(sink.delivered, 3);
}

TEST(Batch, HalvesAreEqualInBytesAndNeverEmpty) {
  SettledLines sink;
  BatchBuilder builder({});
  give(builder, sink, {"-a", "-b", std::string(100, 'x')});
  auto [front, back] = builder.take_rest()->halves();
  EXPECT_EQ(front.line_count(), 2);
  EXPECT_EQ(back.line_count(), 1);
  give(builder, sink, {std::string(100, 'x'), "-b", "-c"});
  auto [large, small] = builder.take_rest()->halves();
  EXPECT_EQ(large.line_count(), 1);
  EXPECT_EQ(small.bytes(), "-b-c");
}

TEST(Batch, ForgottenLinesAreUnknown) {
  SettledLines sink;
  BatchBuilder builder({});
  give(builder, sink, {"-a", "-b"});
  {
    const Batch all = *builder.take_rest();
    all.settle_delivered_except(std::vector<uint32_t>{1});
  }
  EXPECT_EQ(sink.lines, 0);
  EXPECT_EQ(sink.unknown_lines, 2);
}

TEST(BatchDeathTest, ALineCannotBeSettledTwice) {
  SettledLines sink;
  BatchBuilder builder({});
  give(builder, sink, {"-a", "-b"});
  const Batch all = *builder.take_rest();
  all.settle_delivered_except(std::vector<uint32_t>{1});
  EXPECT_DEATH(all.settle_delivered(), "CHECK");
}

}  // namespace
}  // namespace sawlog::outputs
