#include "outputs/kafka_topic.h"

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

tl::unexpected<base::Error> refuse(std::string_view pattern, std::string_view why) {
  return base::unexpected(base::ErrorCode::kInvalid,
                          "cannot use topic '" + std::string(pattern) + "': " + std::string(why));
}

void append_legal(std::string_view value, std::string& name) {
  if (value.empty()) value = "unknown";
  for (const char c : value) name.push_back(is_legal(c) ? c : '_');
}

}  // namespace

base::Expected<KafkaTopic> KafkaTopic::parse(std::string_view pattern) {
  if (pattern.empty()) return refuse(pattern, "it is empty");
  KafkaTopic topic;
  topic.literals_.emplace_back();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{') {
      const size_t close = pattern.find_first_of("{}", i + 1);
      if (close == std::string_view::npos || pattern[close] == '{') {
        return refuse(pattern, "'{' has no '}'");
      }
      if (close == i + 1) return refuse(pattern, "'{}' names no field");
      topic.fields_.emplace_back(pattern.substr(i + 1, close - i - 1));
      topic.literals_.emplace_back();
      i = close;
    } else if (is_legal(pattern[i])) {
      topic.literals_.back().push_back(pattern[i]);
    } else {
      return refuse(pattern, "a topic consists of letters, digits, '.', '_' and '-'");
    }
  }
  if (topic.fields_.empty()) {
    if (pattern == "." || pattern == "..") return refuse(pattern, "Kafka does not allow it");
    if (pattern.size() > kNameBytesMax) return refuse(pattern, "it is longer than 249 characters");
  }
  return topic;
}

void KafkaTopic::assign(const std::vector<std::string_view>& values, std::string& name) const {
  CHECK(values.size() == fields_.size());
  name = literals_[0];
  for (size_t i = 0; i < values.size(); ++i) {
    append_legal(values[i], name);
    name += literals_[i + 1];
  }
  if (name.size() > kNameBytesMax) name.resize(kNameBytesMax);
  if (name == "." || name == "..") name = "_";
}

}  // namespace sawlog::outputs
