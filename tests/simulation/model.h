// What must come out of the agent, whatever it does inside.
//
//   * Each line comes out once.
//   * It may be missing if at some moment nothing held it any more: no name that the agent can
//     find, no process, and no agent that had seen it. A running agent holds what it saw in a look;
//     a dead one only what it has copied, which it does when the last name is gone for
//     kLooksToHold looks. A file that had no name any more when an agent could have seen it first
//     is out of its reach.
//   * It may come out again if its file was rewritten in place or edited, or copied while it had
//     names that do not belong together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <set>
#include <vector>

namespace sawlog::simulation {

constexpr int kLooksToHold = 4;

// The lines of one inode. Copies (of copytruncate, compressed) are of one family.
struct Body {
  int family = 0;
  std::vector<size_t> lines;
  int names = 0;
  int writers = 0;
  size_t seen = 0;            // lines that a look of the running agent has seen
  size_t held = 0;            // lines that the agent must have copied
  bool was_seen = false;      // by any agent
  bool is_ambiguous = false;  // was edited, or had another name that is none of a rotation
  int looks_nameless = 0;
  bool is_doubtful = false;  // was shortened, and no look has seen it since
};

class Model {
 public:
  Body& add_body() {
    Body& body = bodies_.emplace_back();
    body.family = static_cast<int>(bodies_.size());
    return body;
  }
  // Empty until its maker has filled it.
  Body& add_copy(const Body& of) {
    Body& copy = add_body();
    copy.family = of.family;
    if (of.is_ambiguous) may_repeat(of);
    return copy;
  }
  void fill(Body& copy, const std::vector<size_t>& lines) {
    for (const size_t line : lines) hold(copy, line);
  }
  size_t add_line(Body& body) {
    holders_.push_back(0);
    may_be_missing_.push_back(false);
    may_repeat_.push_back(false);
    if (body.is_doubtful) may_be_missing_.back() = may_repeat_.back() = true;
    if (body.is_ambiguous) may_repeat_.back() = true;
    hold(body, holders_.size() - 1);
    return holders_.size() - 1;
  }
  void hold(Body& body, size_t line) {
    body.lines.push_back(line);
    ++holders_[line];
    drop_if_dead(body);
  }

  // What is left is as good as a new file.
  void truncate(Body& body, size_t lines = 0) {
    body.is_doubtful = lines > 0;
    drop_from(body, lines);
    body.was_seen = false;
    body.seen = 0;
    body.held = 0;
  }
  void drop_if_dead(Body& body) {
    if (body.names > 0 || (body.writers > 0 && body.was_seen)) return;
    drop_from(body, is_agent_up_ ? body.seen : body.held);
  }
  void agent_looked() {
    std::set<int> named;
    for (const Body& body : bodies_) {
      if (body.names > 0) named.insert(body.family);
    }
    for (Body& body : bodies_) {
      if (body.names == 0 && !body.was_seen) continue;
      body.seen = body.lines.size();
      body.was_seen = true;
      body.is_doubtful = false;
      body.looks_nameless = named.contains(body.family) ? 0 : body.looks_nameless + 1;
      if (body.looks_nameless >= kLooksToHold) body.held = body.seen;
    }
  }
  void agent_started() { is_agent_up_ = true; }
  void agent_died() {
    is_agent_up_ = false;
    for (Body& body : bodies_) {
      body.seen = body.held;
      body.looks_nameless = 0;
      drop_if_dead(body);
    }
  }
  // Where a device has another number afterwards, only names lead to its files.
  void power_cut(bool has_other_device) {
    for (Body& body : bodies_) {
      body.writers = 0;
      if (has_other_device) body.was_seen = false;
    }
    agent_died();
  }
  void may_repeat(const Body& body) {
    for (const size_t line : body.lines) may_repeat_[line] = true;
  }
  void may_miss(size_t line) { may_be_missing_[line] = true; }

  [[nodiscard]] bool must_be_once(long line) const {
    return line >= 0 && !may_repeat_[static_cast<size_t>(line)];
  }
  [[nodiscard]] size_t line_count() const { return holders_.size(); }
  [[nodiscard]] bool is_right(size_t line, size_t count) const {
    return count == 1 || (count == 0 ? may_be_missing_[line] : may_repeat_[line]);
  }

 private:
  void drop_from(Body& body, size_t first) {
    for (; body.lines.size() > first; body.lines.pop_back()) {
      const size_t line = body.lines.back();
      if (--holders_[line] == 0) may_be_missing_[line] = true;
    }
    body.seen = std::min(body.seen, first);
    body.held = std::min(body.held, first);
  }

  std::list<Body> bodies_;
  std::vector<int> holders_;
  std::vector<bool> may_be_missing_;
  std::vector<bool> may_repeat_;
  bool is_agent_up_ = false;
};

}  // namespace sawlog::simulation
