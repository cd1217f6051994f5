// What one reading of a configuration collects: mistakes, warnings, and where each key stands.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace sawlog::config {

struct Mistake {
  Place place;
  std::string message;
  // "file:line:col: message", one line without control characters, whatever the file holds.
  [[nodiscard]] std::string to_string() const;
};

class Reading {
 public:
  void mistake(const Place& place, const std::string& message) {
    mistakes.push_back({place, without_secrets(message)});
  }
  void warning(const Place& place, const std::string& message) {
    warnings.push_back({place, without_secrets(message)});
  }
  // Every value that came from a reference; no message contains it.
  void add_secret(std::string secret) { secrets_.push_back(std::move(secret)); }
  // path: "outputs.search.hosts[0]". The place of the nearest enclosing key that was given.
  [[nodiscard]] Place place_of(std::string path) const;

  std::vector<Mistake> mistakes;
  std::vector<Mistake> warnings;
  std::map<std::string, Place> places;  // of each value that was given, by its path

 private:
  [[nodiscard]] std::string without_secrets(std::string message) const;
  std::vector<std::string> secrets_;
};

}  // namespace sawlog::config
