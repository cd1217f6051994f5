#include "lib/src/logger_registry.h"

#include <algorithm>

namespace sawlog {

namespace {

std::string_view without_star(std::string_view name) {
  if (name == "*") return "";
  if (name.ends_with(".*")) name.remove_suffix(2);
  return name;
}

}  // namespace

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
  inherit_level(*node);
  return *nodes_.emplace(std::string(name), std::move(node)).first->second;
}

void LoggerRegistry::set_level(std::string_view name, Level level) {
  const std::lock_guard lock(mutex_);
  get_locked(without_star(name)).own_level_ = level;
  inherit_levels();
}

void LoggerRegistry::set_file_levels(const std::map<std::string, Level>& levels) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, node] : nodes_) node->file_level_.reset();
  for (const auto& [name, level] : levels) get_locked(without_star(name)).file_level_ = level;
  inherit_levels();
}

void LoggerRegistry::switch_debugging() {
  const std::lock_guard lock(mutex_);
  is_debugging_ = !is_debugging_;
  inherit_levels();
}

void LoggerRegistry::inherit_level(LoggerNode& node) const {
  const Level inherited = node.parent_ != nullptr ? node.parent_->base_level_ : Level::info;
  node.base_level_ = node.file_level_.value_or(node.own_level_.value_or(inherited));
  const bool is_raised = is_debugging_ && node.base_level_ != Level::off;
  node.level.store(is_raised ? std::min(node.base_level_, Level::debug) : node.base_level_,
                   std::memory_order_relaxed);
}

void LoggerRegistry::inherit_levels() {
  for (const auto& [name, node] : nodes_) inherit_level(*node);
}

}  // namespace sawlog
