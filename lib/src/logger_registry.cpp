#include "lib/src/logger_registry.h"

namespace sawlog {

LoggerRegistry::LoggerRegistry() {
  auto root = std::make_unique<LoggerNode>(std::string(), nullptr);
  root->own_level_ = Level::info;
  nodes_.emplace(std::string(), std::move(root));
}

LoggerNode& LoggerRegistry::get(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return get_locked(name);
}

LoggerNode& LoggerRegistry::get_locked(std::string_view name) {
  if (const auto found = nodes_.find(name); found != nodes_.end()) return *found->second;
  const size_t dot = name.rfind('.');
  LoggerNode& parent = get_locked(dot == std::string_view::npos ? "" : name.substr(0, dot));
  auto node = std::make_unique<LoggerNode>(std::string(name), &parent);
  node->level.store(parent.level.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return *nodes_.emplace(std::string(name), std::move(node)).first->second;
}

void LoggerRegistry::set_level(std::string_view name, Level level) {
  if (name == "*") name = "";
  if (name.ends_with(".*")) name.remove_suffix(2);
  const std::lock_guard lock(mutex_);
  get_locked(name).own_level_ = level;
  inherit_levels();
}

void LoggerRegistry::inherit_levels() {
  for (const auto& [name, node] : nodes_) {
    const Level level = node->own_level_.value_or(
        node->parent_ != nullptr ? node->parent_->level.load(std::memory_order_relaxed)
                                 : Level::info);
    node->level.store(level, std::memory_order_relaxed);
  }
}

}  // namespace sawlog
