// What the tests of a Consumer stand on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/consumer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_output.h"

namespace sawlog::agent {

// One file, one consumer, and a destination that outlives them.
class ConsumerTest : public testing::Test {
 protected:
  void SetUp() override {
    disk.make_directory("/logs");
    disk.make_directory("/state");
    disk.write_file("/logs/a.log", "");
    start();
  }

  // As after a kill -9: new objects on the same disk.
  void start() {
    consumer.reset();
    publish();
    auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "search");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    auto made = std::make_unique<outputs::FakeOutput>(destination);
    output = made.get();
    const auto report = [this](const char*, const std::string& message) {
      reports.push_back(message);
    };
    ConsumerOptions options{"search", 0, {}, report, where, unsaved_bytes_max};
    auto opened =
        Consumer::open(std::move(options), table, std::move(*checkpoint), std::move(made), clock);
    ASSERT_TRUE(opened) << opened.error().message;
    consumer = std::move(*opened);
  }

  // What tail does at each look.
  void publish() {
    file = std::make_shared<TailedFile>(id(), &source, 1u << 20, "/logs/a.log", 1);
    auto opened = disk.open("/logs/a.log", base::OpenMode::kRead);
    ASSERT_TRUE(opened);
    auto content = std::make_shared<Content>();
    content->file = std::shared_ptr<base::File>(std::move(*opened));
    content->path = "/logs/a.log";
    file->set_content(content);
    look();
    table.publish({file});
  }
  void change() { table.note_changes({file->id()}); }
  void end() { file->set_end_is_final(), change(); }
  void look() { file->set_size_bytes(disk.content("/logs/a.log").size()), change(); }
  void write(std::string_view text) {
    disk.append_to("/logs/a.log", text);
    look();
  }
  void run_steps(int count = 5) {
    for (int i = 0; i < count; ++i) consumer->step();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& entry : destination.entries) all.push_back(entry.line);
    return all;
  }
  static base::FileId id() {
    base::FileId result;
    result.bytes[0] = 42;
    return result;
  }

  tests::FakeClock clock;
  tests::FakeFilesystem disk{clock};
  parsers::SourceContext source{"app", {}, {}, true};
  FileTable table;
  std::shared_ptr<TailedFile> file;
  outputs::FakeDestination destination;
  outputs::FakeOutput* output = nullptr;
  std::vector<std::string> reports;
  std::string where;  // of the output
  uint64_t unsaved_bytes_max = 256u << 20;
  std::unique_ptr<Consumer> consumer;
};

}  // namespace sawlog::agent
