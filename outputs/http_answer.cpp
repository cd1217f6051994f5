#include "outputs/http_answer.h"

namespace sawlog::outputs {
namespace {

constexpr size_t kDescriptionBytesMax = 500;

Judgement::Kind kind_of_status(int status) {
  if (status == 413) return Judgement::Kind::kTooLarge;
  if (status == 429) return Judgement::Kind::kBusy;
  if (status == 408 || status >= 500) return Judgement::Kind::kUnknown;
  return Judgement::Kind::kOperator;
}

}  // namespace

std::string describe_answer(const HttpResponse& response) {
  std::string text = std::to_string(response.status);
  if (!response.body.empty()) text += ": ";
  for (const char byte : std::string_view(response.body).substr(0, kDescriptionBytesMax)) {
    const bool is_control = static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
    if (!is_control) {
      text.push_back(byte);
    } else if (text.back() != ' ') {
      text.push_back(' ');
    }
  }
  while (text.back() == ' ') text.pop_back();
  return text;
}

std::optional<Judgement> judge_status(const HttpResponse& response) {
  if (response.status == 400 || (response.status >= 200 && response.status < 300)) {
    return std::nullopt;
  }
  Judgement judgement;
  judgement.kind = kind_of_status(response.status);
  judgement.reason = describe_answer(response);
  return judgement;
}

}  // namespace sawlog::outputs
