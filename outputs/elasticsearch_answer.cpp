#include "outputs/elasticsearch_answer.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "outputs/elasticsearch_api.h"
#include "outputs/http_answer.h"

namespace sawlog::outputs {
namespace {

namespace ondemand = simdjson::ondemand;

// Errors that only the document causes, whatever they say.
constexpr std::array<std::string_view, 9> kDocumentTypes = {
    "document_parsing_exception",  // Elasticsearch 8
    "mapper_parsing_exception",    // OpenSearch, Elasticsearch 7
    "strict_dynamic_mapping_exception",
    "max_bytes_length_exceeded_exception",
    "parsing_exception",
    "x_content_parse_exception",
    "json_parse_exception",
    "timestamp_error",
    "fail_processor_exception",
};

// illegal_argument_exception has many causes; these parts of its text blame the document.
constexpr std::array<std::string_view, 12> kDocumentReasons = {
    "Limit of total fields",
    "Limit of mapping depth",
    "Limit of nested",
    "number of nested documents",
    "immense term",
    "mapper [",
    "can't merge a non object mapping",
    "object mapping",
    "data stream timestamp field",
    "the document timestamp",
    "field name",
    "failed to parse",
};

bool contains_any(std::string_view text, std::span<const std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

std::string string_field(ondemand::object object, std::string_view name) {
  std::string_view text;
  if (object.find_field_unordered(name).get_string().get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

// {"type": …, "reason": …, "caused_by": {…}}; the cause often names the value, the error the field.
void read_error(ondemand::object error, LineVerdict& verdict) {
  verdict.type = string_field(error, "type");
  verdict.reason = string_field(error, "reason");
  ondemand::object cause;
  if (error.find_field_unordered("caused_by").get_object().get(cause) == simdjson::SUCCESS) {
    const std::string detail = string_field(cause, "reason");
    if (!detail.empty() && detail != verdict.reason) verdict.reason += ": " + detail;
  }
}

// Which index took the line; what went to a failure store tells nothing about where lines go.
void note_place(ondemand::object result, Judgement& judgement) {
  const std::string failure_store = string_field(result, "failure_store");
  if (failure_store == "used") {
    ++judgement.diverted;
  } else if (judgement.index.empty()) {
    judgement.index = string_field(result, "_index");
  }
}

// One of items: {"create": {"status": 400, "error": {…}}}. False when it is not that.
bool judge_item(ondemand::object item, uint32_t line, Judgement& judgement) {
  for (auto operation : item) {
    ondemand::object result;
    int64_t status = 0;
    if (operation.value().get_object().get(result) != simdjson::SUCCESS) return false;
    if (result.find_field_unordered("status").get_int64().get(status) != simdjson::SUCCESS) {
      return false;
    }
    if (status == 409) ++judgement.already_there;
    if (status == 409 || (status >= 200 && status < 300)) {
      note_place(result, judgement);
      return true;
    }
    LineVerdict verdict;
    verdict.line = line;
    ondemand::object error;
    if (result.find_field_unordered("error").get_object().get(error) == simdjson::SUCCESS) {
      read_error(error, verdict);
    }
    if (verdict.type.empty()) verdict.type = "status_" + std::to_string(status);
    verdict.fate = fate_of_bulk_item(static_cast<int>(status), verdict.type, verdict.reason);
    verdict.may_be_there = status >= 500;
    judgement.exceptions.push_back(std::move(verdict));
    return true;
  }
  return false;
}

// The usual answer: its items need only be counted, and the first tells the index.
bool judge_all_delivered(ondemand::array items, uint32_t line_count, Judgement& judgement) {
  size_t item_count = 0;
  if (items.count_elements().get(item_count) != simdjson::SUCCESS || item_count != line_count) {
    return false;
  }
  for (auto element : items) {
    ondemand::object item;
    return element.get_object().get(item) == simdjson::SUCCESS && judge_item(item, 0, judgement);
  }
  return true;
}

// False when the body is not the answer to a _bulk request of line_count items.
bool judge_items(std::string_view body, uint32_t line_count, Judgement& judgement) {
  ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document;
  ondemand::array items;
  bool has_errors = false;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document["errors"].get_bool().get(has_errors) != simdjson::SUCCESS ||
      document["items"].get_array().get(items) != simdjson::SUCCESS) {
    return false;
  }
  if (!has_errors && body.find("failure_store") == std::string_view::npos) {
    return judge_all_delivered(items, line_count, judgement);
  }
  uint32_t line = 0;
  for (auto element : items) {
    ondemand::object item;
    if (element.get_object().get(item) != simdjson::SUCCESS) return false;
    if (!judge_item(item, line++, judgement)) return false;
  }
  return line == line_count;
}

// simdjson may throw where no error code is asked for (iterators); nothing of it leaves this file.
bool judge_items_safely(std::string_view body, uint32_t line_count, Judgement& judgement) {
  try {
    return judge_items(body, line_count, judgement);
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

}  // namespace

LineFate fate_of_bulk_item(int status, std::string_view type, std::string_view reason) {
  if (status == 429 || status >= 500) return LineFate::kAgain;
  if (status == 413) return LineFate::kRefused;
  if (status != 400) return LineFate::kOperator;
  if (std::find(kDocumentTypes.begin(), kDocumentTypes.end(), type) != kDocumentTypes.end()) {
    return LineFate::kRefused;
  }
  const bool blames_document =
      type == "illegal_argument_exception" && contains_any(reason, kDocumentReasons);
  return blames_document ? LineFate::kRefused : LineFate::kOperator;
}

Judgement judge_bulk_answer(const HttpResponse& response, uint32_t line_count) {
  Judgement judgement;
  if (auto judged = judge_status(response)) judgement = std::move(*judged);
  if (response.status == 400) judgement.kind = Judgement::Kind::kOperator;
  if (judgement.kind != Judgement::Kind::kLines) {
    judgement.reason = describe_error(response);
    return judgement;
  }
  if (!judge_items_safely(response.body, line_count, judgement)) {
    judgement = {};
    judgement.kind = Judgement::Kind::kUnknown;
    judgement.reason = "not the answer to a _bulk request of " + std::to_string(line_count) +
                       " items: " + describe_answer(response);
  }
  return judgement;
}

}  // namespace sawlog::outputs
