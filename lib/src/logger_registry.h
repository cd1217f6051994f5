// All loggers of the process by name, and their levels.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <sawlog/logger.h>

namespace sawlog {

// A logger's entry; lives as long as the process.
class LoggerNode : public detail::LevelCell {
 public:
  LoggerNode(std::string name, LoggerNode* parent) : name_(std::move(name)), parent_(parent) {}

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend class LoggerRegistry;
  std::string name_;
  LoggerNode* parent_;               // null for the root
  std::optional<Level> file_level_;  // of the watched file; wins
  std::optional<Level> own_level_;   // of set_level()
  Level base_level_ = Level::info;   // of these two, else the parent's
};

// Thread-safe.
class LoggerRegistry {
 public:
  LoggerRegistry();

  // The entry of that name; it and those above it are made when they are not there.
  LoggerNode& get(std::string_view name);
  // "a.*" is "a"; "" is the root.
  void set_level(std::string_view name, Level level);
  // Instead of those that were given before; they win over set_level().
  void set_file_levels(const std::map<std::string, Level>& levels);
  // On: no logger that is not off is coarser than debug. Off again by the next call.
  void switch_debugging();

  // Held over a fork, so that the child finds the map whole.
  std::mutex& mutex() { return mutex_; }

 private:
  LoggerNode& get_locked(std::string_view name);
  void inherit_level(LoggerNode& node) const;
  void inherit_levels();

  std::mutex mutex_;
  bool is_debugging_ = false;
  // By name: a parent comes before its children.
  std::map<std::string, std::unique_ptr<LoggerNode>, std::less<>> nodes_;
};

}  // namespace sawlog
