// Whatever is logged, each line is one JSON object, valid UTF-8, with each key once.
#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>
#include <simdjson.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

class RandomRecords {
 public:
  std::string bytes(size_t size_max) {
    std::string bytes(random_() % (size_max + 1), '\0');
    const bool is_ascii = random_() % 3 == 0;
    for (char& c : bytes) c = static_cast<char>(is_ascii ? 32 + random_() % 95 : random_());
    return bytes;
  }
  double number() {
    const uint64_t bits = random_();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }
  // Few and short, so that the same one comes again.
  std::string key() { return random_() % 2 == 0 ? bytes(2) : bytes(40); }
  size_t below(size_t end) { return random_() % end; }

  Field field(const std::string& key, const std::string& text) {
    switch (random_() % 5) {
      case 0:
        return {key, text};
      case 1:
        return {key, random_()};
      case 2:
        return {key, number()};
      case 3:
        return {"literal", static_cast<float>(number())};
      default:
        return {key, nullptr};
    }
  }

 private:
  std::mt19937_64 random_{20'261'121};
};

void check_line(simdjson::dom::parser& parser, const std::string& line) {
  simdjson::dom::object object;
  const auto error = parser.parse(line).get(object);
  ASSERT_EQ(error, simdjson::SUCCESS) << simdjson::error_message(error) << ": " << line;
  ASSERT_TRUE(simdjson::validate_utf8(line));
  std::set<std::string_view> keys;
  for (const auto& field : object) {
    EXPECT_TRUE(keys.insert(field.key).second) << "twice: " << field.key << " in " << line;
  }
  EXPECT_TRUE(keys.contains("message"));
}

TEST(AnyBytes, EveryLineParses) {
  const LogDirectory logs;
  start({.service = "\"\xff\n", .file = logs.path("log"), .when_full = block});
  RandomRecords random;
  constexpr size_t kRecords = 20'000;
  for (size_t i = 0; i < kRecords; ++i) {
    std::vector<std::string> keys(random.below(12));
    std::vector<std::string> texts(keys.size());
    std::vector<Field> fields;
    for (size_t k = 0; k < keys.size(); ++k) {
      keys[k] = random.key();
      texts[k] = random.bytes(i % 100 == 0 ? 30'000 : 60);
      fields.push_back(random.field(keys[k], texts[k]));
    }
    const std::string key = random.key();
    const std::string text = random.bytes(30);
    const Scope scope{{key, text}};
    Logger log = get(random.below(50) == 0 ? random.bytes(8) : "any");
    if (random.below(3) == 0) log = log.with({{text, key}, {random.key(), random.number()}});
    log.log(Level::error, random.bytes(80), fields.data(), fields.size());
  }
  stop();
  const std::vector<std::string> lines = logs.lines("log");
  EXPECT_EQ(lines.size(), kRecords);
  simdjson::dom::parser parser;
  for (const std::string& line : lines) check_line(parser, line);
}

}  // namespace
}  // namespace sawlog
