#include "outputs/stdout_output.h"

#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::outputs {
namespace {

class CountingSink final : public DeliverySink {
 public:
  void settled(const LineRange& range, const Outcome& outcome) override {
    EXPECT_EQ(outcome.delivered, range.line_count);
    settled_lines += range.line_count;
  }
  void unknown(const LineRange& range) override { unknown_lines += range.line_count; }
  uint64_t settled_lines = 0;
  uint64_t unknown_lines = 0;
};

class StdoutOutputTest : public testing::Test {
 protected:
  StdoutOutputTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
  }
  ~StdoutOutputTest() override {
    output_.reset();
    close_reader();
    close(pipe_[1]);
  }
  void make(bool pretty = false) {
    StdoutOptions options;
    options.pretty = pretty;
    options.descriptor = pipe_[1];
    output_ = std::make_unique<StdoutOutput>(std::move(options));
  }
  void close_reader() {
    if (pipe_[0] >= 0) close(std::exchange(pipe_[0], -1));
  }
  void give(const std::string& text, uint64_t lines) {
    test::TextChunk chunk(text);
    chunk.source.enrich = false;
    (void)output_->handle(chunk.chunk, Delivery(&sink_, {{}, 0, text.size(), lines}));
  }
  std::string read_all() {
    std::string text;
    char room[8192];
    for (ssize_t got = 0; (got = read(pipe_[0], room, sizeof(room))) > 0;) {
      text.append(room, static_cast<size_t>(got));
    }
    return text;
  }
  [[nodiscard]] bool is_woken() const {
    pollfd wake{output_->wake_fd(), POLLIN, 0};
    return poll(&wake, 1, 0) == 1;
  }

  int pipe_[2] = {-1, -1};
  CountingSink sink_;
  std::unique_ptr<StdoutOutput> output_;
};

constexpr const char* kLine =
    R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"error","message":"no"})"
    "\n";

TEST_F(StdoutOutputTest, WritesLinesAndSettles) {
  make();
  give(std::string(kLine) + kLine, 2);
  EXPECT_EQ(sink_.settled_lines, 0) << "handle() never sends";
  (void)output_->step();
  EXPECT_EQ(read_all(), std::string(kLine) + kLine);
  EXPECT_EQ(sink_.settled_lines, 2);
  EXPECT_EQ(output_->memory_bytes(), 0);
  EXPECT_EQ(output_->counters().sent_bytes, 2 * std::string(kLine).size());
}

TEST_F(StdoutOutputTest, AFullPipeWaitsAndWakes) {
  make();
  std::string text;
  uint64_t lines = 0;
  while (text.size() < (1u << 18)) {  // a pipe holds 64 KiB
    text += kLine;
    ++lines;
  }
  give(text, lines);
  (void)output_->step();
  EXPECT_EQ(sink_.settled_lines, 0);
  EXPECT_FALSE(is_woken());
  std::string got;
  for (int round = 0; sink_.settled_lines == 0; ++round) {
    ASSERT_LT(round, 20);
    got += read_all();
    EXPECT_TRUE(is_woken());
    (void)output_->step();
  }
  got += read_all();
  EXPECT_EQ(got, text);
}

TEST_F(StdoutOutputTest, NobodyReads) {
  make();
  close_reader();
  give(kLine, 1);
  (void)output_->step();
  EXPECT_EQ(output_->health().state, Health::State::kPaused);
  EXPECT_FALSE(output_->wants_more());
  EXPECT_EQ(sink_.settled_lines, 0);
  output_.reset();
  EXPECT_EQ(sink_.unknown_lines, 1);
}

TEST_F(StdoutOutputTest, WhatNeverBlocksNeedsNoWaiting) {
  const int descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
  StdoutOptions options;
  options.descriptor = descriptor;
  output_ = std::make_unique<StdoutOutput>(std::move(options));
  EXPECT_EQ(output_->wake_fd(), -1);
  give(kLine, 1);
  (void)output_->step();
  EXPECT_EQ(sink_.settled_lines, 1);
  close(descriptor);
}

TEST_F(StdoutOutputTest, Pretty) {
  make(true);
  const auto check = [&](const std::string& line, const std::string& want) {
    give(line + "\n", 1);
    (void)output_->step();
    EXPECT_EQ(read_all(), want + "\n");
  };
  check(R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"error","message":"failed",)"
        R"("log.logger":"checkout.cart","service.name":"checkout","error.type":"Timeout"})",
        "2026-11-21 07:06:55.123 ERROR checkout.cart  failed  error.type=Timeout");
  check(R"({"ts":1795244815.5,"level":"warning","msg":"slow","service":"api"})",
        "2026-11-21 07:06:55.500 WARN  api  slow");
  check("plain text", "2026-11-21 07:06:55.123 -     plain text");
  check(R"({"@timestamp":"2026-11-21T07:06:55Z","a":1})",
        R"(2026-11-21 07:06:55.000 -     {"@timestamp":"2026-11-21T07:06:55Z","a":1})");
  check("steer \033[2J \xC2\x9B", R"(2026-11-21 07:06:55.123 -     steer \x1b[2J \x9b)");
}

}  // namespace
}  // namespace sawlog::outputs
