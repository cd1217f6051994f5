#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/node.h"
#include "config/references.h"

namespace sawlog::config {
namespace {

constexpr size_t kNodesMax = 100'000;  // aliases are copied: a bound on what they may grow to
constexpr size_t kDepthMax = 64;

Place place_at(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return {file, 1, 1};
  return {file, mark.line + 1, mark.column + 1};
}

// What yaml-cpp's messages mostly mean.
struct Hint {
  std::string_view message;
  const char* meaning;
};
constexpr Hint kHints[] = {
    {"end of map not found", "; the line is indented like none above it"},
    {"end of sequence not found", "; the line is indented like none above it"},
    {"illegal map value", "; a text with ': ' in it must be quoted"},
    {"end of sequence flow not found", "; a [ or a quote is not closed"},
    {"end of map flow not found", "; a { or a quote is not closed"},
    {"illegal flow end", "; a bracket before it is not closed, or this one is too much"},
    {"the referenced anchor is not defined", "; a text that begins with * must be quoted"},
};

std::string explained(const std::string& message) {
  for (const Hint& hint : kHints) {
    if (message.find(hint.message) != std::string::npos) return message + hint.meaning;
  }
  return message;
}

struct TooLarge {
  YAML::Mark mark;
};

// Builds Nodes from yaml-cpp's events. A finished node goes to the collection that is open.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string file, Reading& reading) : file_(std::move(file)), reading_(reading) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(start(Node::Kind::kNull, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      reading_.mistake(place_at(file_, mark), "an alias inside of what it stands for");
      finish(start(Node::Kind::kNull, mark), 0);
      return;
    }
    count(known->second.second, mark);
    finish(known->second.first, 0, known->second.second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(Node::Kind::kText, mark);
    node.shown = value;
    node.is_quoted = tag == "!";
    const bool is_key =
        !open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().has_key;
    if (is_key && value == "<<") {
      reading_.mistake(node.place, "merge keys (<<) are not supported; write the keys out");
    }
    node.text = is_key ? value : replace_references(value, node.place, reading_);
    finish(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { close(); }

  Node take_root() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    size_t node_count = 1;
    bool has_key = false;
    Node key;
  };

  void count(size_t nodes, const YAML::Mark& mark) {
    node_count_ += nodes;
    if (node_count_ > kNodesMax) throw TooLarge{mark};
  }
  Node start(Node::Kind kind, const YAML::Mark& mark) {
    count(1, mark);
    Node node;
    node.kind = kind;
    node.place = place_at(file_, mark);
    return node;
  }
  void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kDepthMax) throw TooLarge{mark};
    Open entry;
    entry.node = start(kind, mark);
    entry.anchor = anchor;
    open_.push_back(std::move(entry));
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.node), done.anchor, done.node_count);
  }
  void finish(Node node, YAML::anchor_t anchor, size_t node_count = 1) {
    if (anchor != 0) anchors_[anchor] = {node, node_count};
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.node_count += node_count;
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.node.entries.push_back({std::move(parent.key), std::move(node)});
      parent.has_key = false;
    }
  }

  std::string file_;
  Reading& reading_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Node, size_t>> anchors_;
  size_t node_count_ = 0;
  Node root_;
};

// YAML forbids tabs in the indentation, but parsers complain about something else, or take the line
// for the continuation of the one above.
bool find_tabs(std::string_view yaml, const std::string& file, Reading& reading) {
  bool found = false;
  int line_number = 0;
  if (yaml.starts_with('{')) return false;  // JSON may be indented by tabs
  while (!yaml.empty()) {
    ++line_number;
    const std::string_view line = yaml.substr(0, yaml.find('\n'));
    yaml.remove_prefix(std::min(yaml.size(), line.size() + 1));
    const size_t text = line.find_first_not_of(" \t\r");
    const size_t tab = line.find('\t');
    if (text == std::string_view::npos || line[text] == '#' || tab > text) continue;
    reading.mistake({file, line_number, static_cast<int>(tab) + 1},
                    "a tab in the indentation; YAML wants spaces");
    found = true;
  }
  return found;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

Node parse_yaml(std::string_view yaml, const std::string& file, Reading& reading) {
  Builder builder(file, reading);
  const bool has_tabs = find_tabs(yaml, file, reading);
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      Builder second(file, reading);
      if (parser.HandleNextDocument(second)) {
        reading.mistake(second.take_root().place,
                        "a second YAML document; one file is one document");
      }
    }
  } catch (const YAML::Exception& error) {
    if (!has_tabs)
      reading.mistake(place_at(file, error.mark), "not valid YAML: " + explained(error.msg));
  } catch (const TooLarge& error) {
    reading.mistake(place_at(file, error.mark), "too large: more than " +
                                                    std::to_string(kNodesMax) + " values or " +
                                                    std::to_string(kDepthMax) + " levels");
  }
  Node root = builder.take_root();
  if (root.kind == Node::Kind::kNull) root.kind = Node::Kind::kMap;
  if (root.place.line == 0) root.place = {file, 1, 1};
  return root;
}

}  // namespace sawlog::config
