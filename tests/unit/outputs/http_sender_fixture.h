// An HttpSender between a test that gives lines and a test that plays the server.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "outputs/elasticsearch_answer.h"
#include "outputs/http_sender.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {

// A sender whose frames are "LINE;" and whose server answers as Elasticsearch does.
class HttpSenderTest : public testing::Test {
 protected:
  void make(BatchOptions batch = {.bytes_max = 10, .in_flight_max = 2},
            std::vector<std::string> hosts = {"http://a"}, RetryOptions retry = {}) {
    auto transport = std::make_unique<tests::FakeTransport>();
    server_ = transport.get();
    auto dead_letters = DeadLetters::open(
        filesystem_, clock_,
        {.path = "/state/dead/search", .bytes_max = dead_bytes_max_, .output_name = "search"});
    ASSERT_TRUE(dead_letters) << dead_letters.error().message;
    sender_ = std::make_unique<HttpSender>(
        HttpSenderOptions{.hosts = std::move(hosts), .batch = batch, .retry = retry},
        HttpDestination{.fill =
                            [this](Batch& lines, HttpRequest& request) {
                              if (lends_) {
                                request.body = lines.lend_bytes();
                              } else {
                                request.body = lines.bytes();
                              }
                            },
                        .judge =
                            [](const HttpResponse& response, const Batch& lines) {
                              return judge_bulk_answer(response, lines.line_count());
                            }},
        std::move(transport), std::move(*dead_letters), clock_);
  }

  // One chunk of these lines.
  void give(const std::vector<std::string>& lines) {
    const uint64_t begin = offset_;
    for (const std::string& line : lines) offset_ += line.size() + 1;
    BatchBuilder& builder = sender_->builder();
    builder.begin_chunk(Delivery(&sink_, {{}, begin, offset_, lines.size()}), "/app.log",
                        clock_.monotonic_ns());
    uint64_t at = begin;
    for (const std::string& line : lines) {
      builder.bytes() += line + ";";
      builder.end_line({.payload_size = static_cast<uint32_t>(line.size()), .offset = at});
      at += line.size() + 1;
    }
    builder.end_chunk();
  }

  void flush() {
    sender_->drain();
    sender_->step();
  }

  // The bodies that wait for an answer.
  std::vector<std::string> bodies() const {
    std::vector<std::string> texts;
    for (const auto& waiting : server_->waiting()) texts.push_back(waiting.request.body);
    return texts;
  }

  void answer_all_created() {
    const auto lines = std::count(server_->waiting()[0].request.body.begin(),
                                  server_->waiting()[0].request.body.end(), ';');
    std::string items;
    for (int line = 0; line < lines; ++line) items += R"(,{"create":{"status":201}})";
    server_->answer(200, R"({"errors":false,"items":[)" + items.substr(1) + "]}");
    sender_->step();
  }

  // Item by item: a status, or a status with an error type.
  void answer_items(const std::vector<std::pair<int, std::string>>& items) {
    std::string text;
    for (const auto& [status, type] : items) {
      text += R"(,{"create":{"status":)" + std::to_string(status);
      if (!type.empty()) text += R"(,"error":{"type":")" + type + R"(","reason":"because"})";
      text += "}}";
    }
    server_->answer(200, R"({"errors":true,"items":[)" + text.substr(1) + "]}");
    sender_->step();
  }

  void wait_and_step(int64_t seconds = 60) {
    clock_.advance_seconds(seconds);
    sender_->step();
  }

  std::string dead_letters_text() const { return filesystem_.content("/state/dead/search"); }

  using Texts = std::vector<std::string>;
  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  uint64_t dead_bytes_max_ = 1u << 20;
  uint64_t offset_ = 0;
  bool lends_ = false;
  tests::FakeTransport* server_ = nullptr;
  std::unique_ptr<HttpSender> sender_;
};

}  // namespace sawlog::outputs
