// Loki's push request: protobuf (logproto.PushRequest of pkg/push/push.proto) in a snappy block.
//
//   PushRequest    1: repeated Stream
//   Stream         1: labels, a string; 2: repeated Entry
//   Entry          1: Timestamp {1: seconds, 2: nanos}; 2: line; 3: repeated {1: name, 2: value}
//
// A frame in a batch is an Entry with its tag and length, so that a request is the frames of each
// stream in order with a header before them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "outputs/batch.h"

namespace sawlog::outputs {

using LokiMetadata = std::pair<std::string_view, std::string_view>;

// Appends an entry and fills in where its line is, and where the value of the first metadata, which
// is the record id, is.
void append_loki_entry(int64_t time_unix_ns, std::string_view line,
                       std::span<const LokiMetadata> metadata, std::string& out,
                       FramedLine& framed);

// Appends the request with all lines of the batch, compressed. Entries keep the batch's order
// within their stream.
void append_loki_request(const Batch& batch, std::string& out);

}  // namespace sawlog::outputs
