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
    switch (random_() % 7) {
      case 0:
        return {key, text};
      case 1:
        return {key, random_()};
      case 2:
        return {key, number()};
      case 3:
        return {"literal", static_cast<float>(number())};
      case 4:
        return {key, objects_.emplace_back(object(key, text, 3))};
      case 5:
        return {key, objects_.emplace_back(sawlog::object({{text, std::vector{text, key}}}))};
      default:
        return {key, nullptr};
    }
  }

  void forget() { objects_.clear(); }

 private:
  Object object(const std::string& key, const std::string& text, int depth) {
    Object object;
    for (size_t i = below(5); i > 0; --i) object.add({bytes(2), text});
    if (depth > 0) object.add({key, std::vector<Object>{this->object(text, key, depth - 1)}});
    return object;
  }

  std::mt19937_64 random_{20'261'121};
  std::deque<Object> objects_;  // fields look at them until they are logged
};

void check_keys_are_unique(simdjson::dom::element element) {
  std::set<std::string_view> keys;
  if (element.is_object()) {
    for (const auto& field : simdjson::dom::object(element)) {
      EXPECT_TRUE(keys.insert(field.key).second) << "twice: " << field.key;
      check_keys_are_unique(field.value);
    }
  } else if (element.is_array()) {
    for (const auto& value : simdjson::dom::array(element)) check_keys_are_unique(value);
  }
}

void check_line(simdjson::dom::parser& parser, const std::string& line) {
  simdjson::dom::element element;
  const auto error = parser.parse(line).get(element);
  ASSERT_EQ(error, simdjson::SUCCESS) << simdjson::error_message(error) << ": " << line;
  ASSERT_TRUE(simdjson::validate_utf8(line));
  check_keys_are_unique(element);
  EXPECT_EQ(element["message"].error(), simdjson::SUCCESS) << line;
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
    random.forget();
  }
  stop();
  const std::vector<std::string> lines = logs.lines("log");
  EXPECT_EQ(lines.size(), kRecords);
  simdjson::dom::parser parser;
  for (const std::string& line : lines) check_line(parser, line);
}

}  // namespace
}  // namespace sawlog
