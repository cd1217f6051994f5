// Building JSON by hand: an object or an array in a text, with the commas.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/json_encode.h"

namespace sawlog::agent {

// Writes the commas; the caller writes keys and values in order.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }
  ~JsonObject() { out_.push_back('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  std::string& key(std::string_view name) {
    if (!is_first_) out_.push_back(',');
    is_first_ = false;
    base::append_json_string(out_, name);
    out_.push_back(':');
    return out_;
  }
  void text(std::string_view name, std::string_view value) {
    base::append_json_string(key(name), value);
  }
  void number(std::string_view name, uint64_t value) { base::append_unsigned(key(name), value); }
  void flag(std::string_view name, bool value) { key(name).append(value ? "true" : "false"); }

 private:
  std::string& out_;
  bool is_first_ = true;
};

template <class Items, class Append>
void append_array(std::string& out, const Items& items, Append append) {
  out.push_back('[');
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) out.push_back(',');
    is_first = false;
    append(item);
  }
  out.push_back(']');
}

}  // namespace sawlog::agent
