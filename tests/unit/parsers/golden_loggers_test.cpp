// What the loggers of other languages write, and what of it is shipped.
//
// tests/golden/loggers/NAME.log was written by the real library (tests/golden/loggers/make), those
// of serilog and OpenTelemetry after their documentation; NAME.ndjson beside it is what becomes of
// it. UPDATE_GOLDEN=1 writes the latter anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "parsers/line_translator.h"
#include "parsers/line_writer.h"
#include "parsers/record_joiner.h"
#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

const std::filesystem::path kLoggers =
    std::filesystem::path(SAWLOG_SOURCE_DIR) / "tests/golden/loggers";

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

std::string shipped(const std::string& text) {
  test::TextChunk input(text);
  SourceContext source;
  source.format = LineFormat::kAuto;
  source.multiline = Multiline::kAuto;
  source.enrich = false;
  input.chunk.source = &source;
  input.chunk.file_unix_ns = input.chunk.first_read_unix_ns;
  RecordJoiner joiner(source);
  EXPECT_EQ(joiner.join(input.chunk, 1u << 20, true), text.size());
  LineTranslator translator(source);
  translator.translate(input.chunk);
  RecordReader reader({"log.level", "message"}, Purpose::kShipping);
  LineWriter writer({});
  std::string out;
  reader.start(input.chunk);
  while (const Record* record = reader.next()) {
    EXPECT_EQ(record->shape(), Shape::kJson) << record->raw();
    writer.append(input.chunk, *record, out);
    out += '\n';
  }
  return out;
}

TEST(GoldenLoggers, what_becomes_of_their_lines) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kLoggers)) {
    if (entry.path().extension() != ".log") continue;
    ++count;
    const std::string got = shipped(read_file(entry.path()));
    auto golden = entry.path();
    golden.replace_extension(".ndjson");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << got;
    EXPECT_EQ(got, read_file(golden)) << entry.path();
  }
  EXPECT_GE(count, 26);
}

// Whatever the golden files say: of every record the agent must know these.
TEST(GoldenLoggers, every_record_has_its_time_its_level_and_its_text) {
  for (const auto& entry : std::filesystem::directory_iterator(kLoggers)) {
    if (entry.path().extension() != ".ndjson") continue;
    std::istringstream lines(read_file(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_NE(line.find("\"message\":"), std::string::npos) << entry.path() << line;
      const std::string name = entry.path().stem();
      if (name.starts_with("go_log")) continue;  // has no levels
      if (name == "serilog_compact") continue;   // leaves the level out where it is information
      const size_t level = line.find("\"log.level\":");
      ASSERT_NE(level, std::string::npos) << entry.path() << line;
      const size_t begin = line.find('"', level + 12) + 1;
      const std::string word = line.substr(begin, line.find('"', begin) - begin);
      EXPECT_TRUE(word == "trace" || word == "debug" || word == "info" || word == "warn" ||
                  word == "error" || word == "fatal")
          << entry.path() << line;
    }
  }
}

}  // namespace
}  // namespace sawlog::parsers
