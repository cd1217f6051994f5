// What the answers of all HTTP destinations have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outputs/http_transport.h"
#include "outputs/judgement.h"

namespace sawlog::outputs {

// "503: no healthy upstream": the status and the first printable bytes of the body, on one line.
[[nodiscard]] std::string describe_answer(const HttpResponse& response);

// The judgement that follows from the status alone, for every status but 2xx and 400: 413 is too
// large, 408 and 5xx unknown, 429 busy, all others the operator's (redirects are not followed).
[[nodiscard]] std::optional<Judgement> judge_status(const HttpResponse& response);

}  // namespace sawlog::outputs
