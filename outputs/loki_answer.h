// Reads what Loki answers to a push.
//
// A 400 for entries (too old, too long, too many labels …) names only the first of them, while
// Loki has stored the others of the request. The refused ones are found by what the text states as
// a rule ("oldest acceptable timestamp is: …"), else by sending halves until each refused entry is
// alone; what is sent again that way is shown once by Loki (same time, labels, line and metadata).
// A 400 of another kind (a wrong tenant, metadata not allowed) is the operator's and loses nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outputs/batch.h"
#include "outputs/http_transport.h"
#include "outputs/judgement.h"

namespace sawlog::outputs {

// Loki's word for why it refused an entry, as in its metric loki_discarded_samples_total; "" when
// the text is not about entries.
[[nodiscard]] std::string_view loki_refusal_type(std::string_view text);

// The T of "oldest acceptable timestamp is: T", ns since 1970.
[[nodiscard]] std::optional<int64_t> oldest_acceptable_unix_ns(std::string_view text);

// The batch holds lines of one stream only, because what Loki says of "too far behind" is true of
// one stream. response.status is not 0.
[[nodiscard]] Judgement judge_push_answer(const HttpResponse& response, const Batch& batch);

}  // namespace sawlog::outputs
