// Loki's push request: protobuf (logproto.PushRequest of pkg/push/push.proto) in a snappy block.
//
//   PushRequest    1: repeated Stream
//   Stream         1: labels, a string; 2: repeated Entry
//   Entry          1: Timestamp {1: seconds, 2: nanos}; 2: line; 3: repeated {1: name, 2: value}
//
// A frame in a batch is an Entry with its tag and length. A request has one stream only, so that it
// is a header and the frames: of a request with several streams Loki's ingester reports only what
// became of the last one (pkg/ingester/instance.go, Push), and answers 204 to lines that it
// dropped.
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

// Appends the request with all lines of the batch, compressed. The batch has one group, which is
// the stream's labels.
void append_loki_request(const Batch& batch, std::string& out);

}  // namespace sawlog::outputs
