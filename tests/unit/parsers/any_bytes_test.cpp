// Whatever the bytes: shipped, never a crash. The cases of the public JSON parsing suite, each as a
// line and as the value of a key; bombs; and seeded mutations of what real loggers write.
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/parse_anything.h"
#include "tests/unit/parsers/json_suite.h"

namespace sawlog::parsers {
namespace {

using test::parse_anything;

size_t line_count(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool is_json(std::string_view line) {
  test::TextChunk input(line);
  RecordReader reader({}, Purpose::kFields);
  reader.start(input.chunk);
  const Record* const record = reader.next();
  return record != nullptr && record->shape() == Shape::kJson;
}

TEST(AnyBytes, the_json_parsing_suite) {
  for (const std::string& text : kValid) {
    EXPECT_TRUE(is_json("{\"a\":" + text + "}")) << text;
    if (text[0] == '{') {
      EXPECT_TRUE(is_json(text)) << text;
    }
  }
  for (const std::string& text : kInvalid) {
    EXPECT_FALSE(is_json("{\"a\":" + text + "}")) << text;
    if (!text.empty()) {
      EXPECT_FALSE(is_json(text)) << text;
    }
  }
}

TEST(AnyBytes, every_case_of_the_suite_is_shipped) {
  for (const auto* cases : {&kValid, &kInvalid, &kImplementationDefined}) {
    for (const std::string& text : *cases) {
      for (const int options : {0, 4, 8, 24, 32, 64, 88}) {
        const std::string line = "{\"a\":" + text + "}\n" + text + "\n";
        const std::string out = parse_anything(line, static_cast<uint8_t>(options));
        EXPECT_GE(line_count(out), 1) << text;
      }
    }
  }
}

TEST(AnyBytes, bombs) {
  const std::string depth(100'000, '[');
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
    return text;
  }();
  const std::string key(1u << 20, 'k');
  std::string duplicates = "{";
  for (int i = 0; i < 10'000; ++i) duplicates += "\"a\":1,";
  duplicates.back() = '}';
  for (const int options : {0, 8, 24, 64, 88}) {
    for (const std::string& line :
         {depth, "{\"a\":" + depth, objects,
          "{\"a\":" + depth + std::string(depth.size(), ']') + "}",
          "{\"" + key.substr(0, key.size() - 64) + "\":1}", "{\"" + key + "\":1}", duplicates,
          std::string(300'000, '\0'), std::string(300'000, '\xff'), std::string(300'000, '\\'),
          std::string(300'000, '"'), "{\"log\":\"" + std::string(100'000, '\\')}) {
      EXPECT_EQ(line_count(parse_anything(line + "\n", static_cast<uint8_t>(options))), 1);
    }
  }
}

// Bytes of real lines changed, repeated, left out; the same ones every time.
TEST(AnyBytes, mutations_of_real_lines) {
  std::vector<std::string> seeds;
  const std::filesystem::path folder =
      std::filesystem::path(SAWLOG_SOURCE_DIR) / "tests/golden/loggers";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    std::ostringstream content;
    content << std::ifstream(entry.path()).rdbuf();
    seeds.push_back(content.str());
  }
  ASSERT_FALSE(seeds.empty());
  std::ranges::sort(seeds);
  seeds.emplace_back("2026-11-21T07:06:55.1Z stdout P a\n2026-11-21T07:06:55.1Z stderr F b\n");
  seeds.emplace_back(R"({"log":"a\n","stream":"stdout","time":"2026-11-21T07:06:55.1Z"})");
  std::mt19937 random(20261121);  // the same every time
  using namespace std::string_view_literals;
  constexpr std::string_view kNasty = "\0\n\r\t \"\\{}[]:,=@.-%\x80\xff"sv;
  for (int i = 0; i < 500; ++i) {
    std::string text = seeds[random() % seeds.size()].substr(0, 2'000);
    for (unsigned changes = random() % 8; changes > 0 && !text.empty(); --changes) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kNasty[random() % kNasty.size()];
          break;
        case 1:
          text.erase(at, random() % 16);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 32));
      }
    }
    (void)parse_anything(text, static_cast<uint8_t>(random()));
  }
}

}  // namespace
}  // namespace sawlog::parsers
