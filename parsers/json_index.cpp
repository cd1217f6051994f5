#include "parsers/json_index.h"

#include <bit>

#include <simdjson.h>

#include "lib/base/check.h"

namespace sawlog::parsers {

struct JsonIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

JsonIndex::JsonIndex() : parser_(std::make_unique<Parser>()) {}
JsonIndex::~JsonIndex() = default;

bool JsonIndex::build(std::string_view bytes) {
  constexpr size_t kCapacityMin = 1u << 16;
  constexpr size_t kDepth = 4;  // of simdjson's second stage, which is not used
  auto& stage = parser_->stage;
  if (!stage) {
    const size_t capacity = std::max(kCapacityMin, std::bit_ceil(bytes.size()));
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, kDepth, stage);
    CHECK(error == simdjson::SUCCESS);
  } else if (stage->capacity() < bytes.size()) {
    CHECK(stage->allocate(std::bit_ceil(bytes.size()), kDepth) == simdjson::SUCCESS);
  }
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto error = stage->stage1(data, bytes.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return false;
  positions_ = {stage->structural_indexes.get(), stage->n_structural_indexes};
  return true;
}

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

}  // namespace sawlog::parsers
