#include "tests/support/any_record.h"

#include <array>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include <sawlog/sawlog.h>
#include <simdjson.h>

#include "lib/base/check.h"
#include "lib/src/line_encoder.h"
#include "lib/src/record_writer.h"

namespace sawlog::tests {

namespace {

constexpr int kDepthMax = 3;

// Takes the bytes one after the other; zeros behind their end.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const char c = bytes_.front();
    bytes_.remove_prefix(1);
    return static_cast<uint8_t>(c);
  }
  // Its size is the first byte, so that mutations move little.
  std::string_view text() {
    const std::string_view text = bytes_.substr(0, byte());
    bytes_.remove_prefix(std::min(text.size(), bytes_.size()));
    return text;
  }
  template <class T>
  T number() {
    std::array<char, sizeof(T)> raw{};
    for (char& c : raw) c = static_cast<char>(byte());
    T value{};
    std::memcpy(&value, raw.data(), raw.size());
    return value;
  }

 private:
  std::string_view bytes_;
};

class AnyRecord {
 public:
  explicit AnyRecord(std::string_view bytes) : bytes_(bytes) {}

  std::string line(LineEncoder& encoder, const LoggerNode& logger) {
    const auto level = static_cast<Level>(bytes_.byte() % 6);
    const std::string_view message = bytes_.text();
    std::vector<Field> fields;
    while (!bytes_.is_empty() && fields.size() < 64) fields.push_back(field());
    const Submission submission{
        &logger, level, message, nullptr, nullptr, fields, std::source_location::current()};
    const RecordExtent extent = measure(submission);
    std::vector<uint64_t> record((extent.size_bytes + 7) / 8);
    auto* const bytes = reinterpret_cast<char*>(record.data());
    write_record(bytes, extent, 1, submission);
    encoder.read(bytes);
    std::string line(encoder.bytes_max(), '\0');
    const char* const end = encoder.write(line.data(), bytes_.number<int64_t>());
    CHECK(end <= line.data() + line.size());
    line.resize(static_cast<size_t>(end - line.data()));
    return line;
  }

 private:
  Field field() {
    switch (bytes_.byte() % 8) {
      case 0:
        return value("literal");
      case 1:
        return value("another");
      case 2:
        return value("event.name");
      case 3:
        return value("trace_id");
      default:
        return value(keys_.emplace_back(bytes_.text()));
    }
  }
  Field value(const Key& key) {
    switch (bytes_.byte() % 10) {
      case 0:
        return {key, bytes_.number<int64_t>()};
      case 1:
        return {key, bytes_.number<uint64_t>()};
      case 2:
        return {key, bytes_.number<double>()};
      case 3:
        return {key, bytes_.number<float>()};
      case 4:
        return {key, bytes_.byte() % 2 == 0};
      case 5:
        return {key, nullptr};
      case 6:
        return {key, std::chrono::sys_time<std::chrono::nanoseconds>(
                         std::chrono::nanoseconds(bytes_.number<int64_t>()))};
      case 7:
        return {key, objects_.emplace_back(object(kDepthMax))};
      default:
        return {key, bytes_.text()};
    }
  }
  Object object(int depth) {
    Object object;
    for (int members = bytes_.byte() % 6; members > 0; --members) {
      const std::string_view key = bytes_.text();
      if (depth > 0 && bytes_.byte() % 3 == 0) {
        object.add({key, std::vector<Object>{this->object(depth - 1)}});
      } else {
        object.add({key, bytes_.text()});
      }
    }
    return object;
  }

  Bytes bytes_;
  std::deque<std::string> keys_;
  std::deque<Object> objects_;  // fields look at them
};

void check_keys(simdjson::dom::element element) {
  if (element.is_array()) {
    for (const auto& value : simdjson::dom::array(element)) check_keys(value);
  }
  if (!element.is_object()) return;
  std::set<std::string_view> keys;
  for (const auto& field : simdjson::dom::object(element)) {
    CHECK(keys.insert(field.key).second);
    check_keys(field.value);
  }
}

}  // namespace

void check_any_record(std::string_view bytes) {
  static const LoggerNode logger("fuzz", nullptr);
  static LineEncoder encoder({"service", "1", "", true});
  static simdjson::dom::parser parser;
  const std::string line = AnyRecord(bytes).line(encoder, logger);
  CHECK(line.ends_with('\n') && line.find('\n') == line.size() - 1);
  simdjson::dom::element element;
  CHECK(parser.parse(line).get(element) == simdjson::SUCCESS);
  CHECK(element.is_object());
  check_keys(element);
}

}  // namespace sawlog::tests
