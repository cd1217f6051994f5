// What the tests of the file output share: reading back what it wrote, and a consumer of numbered
// lines that saves as the agent does.
#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "outputs/file_output.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/text_chunk.h"

namespace sawlog::outputs {

inline std::string read_zstd(const std::string& text) {
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  std::string out;
  size_t result = 0;
  while (input.pos < input.size) {
    char room[4096];
    ZSTD_outBuffer output{room, sizeof(room), 0};
    result = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(result)) return "broken frame";
    out.append(room, output.pos);
  }
  return result == 0 ? out : "incomplete frame";
}

inline std::string read_gzip(const std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return "no memory";
    std::string input(rest);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    int result = Z_OK;
    while (result == Z_OK) {
      char room[4096];
      stream.next_out = reinterpret_cast<Bytef*>(room);
      stream.avail_out = sizeof(room);
      result = inflate(&stream, Z_NO_FLUSH);
      out.append(room, sizeof(room) - stream.avail_out);
    }
    rest.remove_prefix(rest.size() - stream.avail_in);
    inflateEnd(&stream);
    if (result != Z_STREAM_END) return "broken member";
  }
  return out;
}

inline std::string read_lines(FrameFormat format, const std::string& text) {
  if (format == FrameFormat::kZstd) return read_zstd(text);
  if (format == FrameFormat::kGzip) return read_gzip(text);
  return text;
}

// Line i of a log file.
inline std::string line(size_t i) {
  return R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.level":"info","message":"m","n":)" +
         std::to_string(i) + "}\n";
}

// The numbers n of NDJSON lines; -1 for a line that is none of ours.
inline std::vector<int> numbers_in(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);) {
    const size_t at = each.find("\"n\":");
    numbers.push_back(at == std::string::npos ? -1 : std::stoi(each.substr(at + 4)));
  }
  return numbers;
}

inline std::vector<int> numbers_to(size_t count) {
  std::vector<int> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<int>(i);
  return numbers;
}

// What the consumer does, for one file of numbered lines: the cursor moves over settled lines, and
// is saved together with the output's state.
class Consumer final : public DeliverySink {
 public:
  Consumer(base::Filesystem& disk, const base::Clock& clock, FileOptions options)
      : disk_(disk), clock_(clock), options_(std::move(options)) {}

  [[nodiscard]] bool start() {
    output_.reset();
    output_ = std::make_unique<FileOutput>(disk_, clock_, options_);
    next_ = cursor_ = saved_cursor_;
    const std::vector<std::string> states =
        has_state_ ? std::vector{saved_state_} : std::vector<std::string>{};
    return output_->restore(states).has_value();
  }
  void stop() { output_.reset(); }

  void give(size_t lines) {
    std::string text;
    for (size_t i = 0; i < lines; ++i) text += line(next_ + i);
    test::TextChunk chunk(text);
    chunk.source.enrich = false;
    (void)output_->handle(chunk.chunk,
                          Delivery(this, {chunk.chunk.file, next_, next_ + lines, lines}));
    next_ += lines;
  }
  // true: the state was saved
  bool save_if_wanted() {
    if (!output_->wants_save()) return false;
    save();
    return true;
  }
  void save() {
    saved_state_ = output_->save_state(SaveKind::kFull);
    has_state_ = true;
    saved_cursor_ = cursor_;
    output_->saved();
  }

  void settled(const LineRange& range, const Outcome& outcome) override {
    EXPECT_EQ(range.begin, cursor_);
    EXPECT_EQ(outcome.delivered, range.line_count);
    cursor_ = range.end;
  }
  void unknown(const LineRange&) override {}

  FileOutput& output() { return *output_; }
  [[nodiscard]] size_t cursor() const { return cursor_; }
  [[nodiscard]] size_t next() const { return next_; }

 private:
  base::Filesystem& disk_;
  const base::Clock& clock_;
  const FileOptions options_;
  std::unique_ptr<FileOutput> output_;
  size_t next_ = 0;
  size_t cursor_ = 0;
  size_t saved_cursor_ = 0;
  std::string saved_state_;
  bool has_state_ = false;
};

inline FileOptions small_options(FrameFormat format) {
  FileOptions options;
  options.path = "/out/log";
  options.format = format;
  options.rotate_bytes = 700;
  options.rotate_keep = 1000;
  options.batch.bytes_max = 300;
  return options;
}

inline std::string all_bytes(tests::FakeFilesystem& disk) {
  std::vector<std::string> names;
  const auto listed = disk.list("/out");
  for (const auto& entry : *listed) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  std::string bytes;
  for (const std::string& name : names) bytes += disk.content("/out/" + name);
  return bytes;
}

}  // namespace sawlog::outputs
