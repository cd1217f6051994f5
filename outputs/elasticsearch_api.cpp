#include "outputs/elasticsearch_api.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "outputs/http_answer.h"

namespace sawlog::outputs {
namespace {

namespace dom = simdjson::dom;

// Parsed answer and what holds it; only errors are codes here, nothing throws.
class Answer {
 public:
  explicit Answer(std::string_view body) {
    if (parser_.parse(body.data(), body.size()).get(root_) != simdjson::SUCCESS) {
      is_json_ = false;
    }
  }
  [[nodiscard]] bool is_json() const { return is_json_; }
  [[nodiscard]] dom::element root() const { return root_; }

 private:
  dom::parser parser_;
  dom::element root_;
  bool is_json_ = true;
};

// "" when it is not there or no string.
std::string text_of(const simdjson::simdjson_result<dom::element>& element) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

// The strings of the array under key of every object in the array under list.
void collect(dom::element root, std::string_view list, std::string_view key,
             std::vector<std::string>& names) {
  dom::array objects;
  if (root[list].get_array().get(objects) != simdjson::SUCCESS) return;
  for (const dom::element object : objects) {
    std::string_view text;
    dom::array texts;
    if (object[key].get_string().get(text) == simdjson::SUCCESS) names.emplace_back(text);
    if (object[key].get_array().get(texts) != simdjson::SUCCESS) continue;
    for (const dom::element element : texts) {
      if (element.get_string().get(text) == simdjson::SUCCESS) names.emplace_back(text);
    }
  }
}

}  // namespace

std::optional<SearchServer> read_server(std::string_view body) {
  const Answer answer(body);
  if (!answer.is_json()) return std::nullopt;
  SearchServer server;
  server.version = text_of(answer.root()["version"]["number"]);
  server.cluster = text_of(answer.root()["cluster_name"]);
  const bool is_opensearch = text_of(answer.root()["version"]["distribution"]) == "opensearch";
  server.product = is_opensearch ? "OpenSearch" : "Elasticsearch";
  if (server.version.empty()) return std::nullopt;
  return server;
}

std::string describe_error(const HttpResponse& response) {
  const Answer answer(response.body);
  HttpResponse told;
  told.status = response.status;
  if (answer.is_json()) {
    const auto error = answer.root()["error"];
    told.body = text_of(error["type"]);
    const std::string reason = text_of(error["reason"]);
    if (!told.body.empty() && !reason.empty()) told.body.append(": ").append(reason);
  }
  return describe_answer(told.body.empty() ? response : told);
}

std::optional<std::vector<std::string>> read_indices(std::string_view body) {
  const Answer answer(body);
  dom::array list;
  if (!answer.is_json() || answer.root()["indices"].get_array().get(list) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  collect(answer.root(), "data_streams", "backing_indices", names);
  if (names.empty()) collect(answer.root(), "aliases", "indices", names);
  if (names.empty()) collect(answer.root(), "indices", "name", names);
  std::ranges::stable_sort(names, {},
                           [](const std::string& name) { return index_generation(name); });
  return names;
}

std::optional<uint64_t> index_generation(std::string_view name) {
  constexpr size_t kDigitsMax = 18;
  size_t begin = name.size();
  while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') --begin;
  if (begin == name.size() || name.size() - begin > kDigitsMax) return std::nullopt;
  return std::stoull(std::string(name.substr(begin)));
}

std::optional<std::vector<Found>> read_found(std::string_view body) {
  const Answer answer(body);
  dom::array documents;
  if (!answer.is_json() || answer.root()["docs"].get_array().get(documents) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::vector<Found> found;
  for (const dom::element document : documents) {
    Found one;
    const bool has_answer = document["found"].get_bool().get(one.is_found) == simdjson::SUCCESS;
    if (!has_answer) one.error = text_of(document["error"]["type"]);
    if (!has_answer && one.error.empty()) one.error = "no answer";
    found.push_back(std::move(one));
  }
  return found;
}

std::string read_block(std::string_view body) {
  constexpr std::array<std::string_view, 3> kBlocks = {
      "index.blocks.write", "index.blocks.read_only", "index.blocks.read_only_allow_delete"};
  const Answer answer(body);
  dom::object indices;
  if (!answer.is_json() || answer.root().get_object().get(indices) != simdjson::SUCCESS) return "";
  for (const auto& index : indices) {
    for (const std::string_view block : kBlocks) {
      if (text_of(index.value["settings"][block]) != "true") continue;
      return std::string("'").append(block).append("' of '").append(index.key).append("'");
    }
  }
  return "";
}

std::optional<std::string> read_template_content(std::string_view body) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kKinds = {
      {{"component_templates", "component_template"}, {"index_templates", "index_template"}}};
  const Answer answer(body);
  if (!answer.is_json()) return std::nullopt;
  for (const auto& [list, one] : kKinds) {
    const auto meta = answer.root()[list].at(0)[one]["_meta"];
    if (text_of(meta["managed_by"]) == "sawlog") return text_of(meta["content"]);
  }
  return std::nullopt;
}

std::optional<std::string> read_missing_privileges(std::string_view body) {
  const Answer answer(body);
  dom::object indices;
  if (!answer.is_json() || answer.root()["index"].get_object().get(indices) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::string missing;
  for (const auto& index : indices) {
    dom::object privileges;
    if (index.value.get_object().get(privileges) != simdjson::SUCCESS) continue;
    for (const auto& privilege : privileges) {
      bool is_granted = true;
      if (privilege.value.get_bool().get(is_granted) != simdjson::SUCCESS || is_granted) continue;
      if (!missing.empty()) missing += ", ";
      missing += privilege.key;
    }
  }
  return missing;
}

}  // namespace sawlog::outputs
