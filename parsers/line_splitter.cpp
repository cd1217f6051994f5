#include "parsers/line_splitter.h"

#include <algorithm>
#include <cstring>

#include "lib/base/check.h"

namespace sawlog::parsers {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

size_t byte_order_mark_bytes(std::string_view bytes, const SplitOptions& options) {
  return options.at_start_of_file && bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

// The largest size <= limit at which text can be cut without cutting a UTF-8 character. Bytes that
// are not UTF-8 are cut at the limit.
uint32_t cut_size(std::string_view text, uint32_t limit) {
  for (uint32_t back = 0; back < 4 && back < limit; ++back) {
    const auto byte = static_cast<uint8_t>(text[limit - back]);
    if ((byte & 0xC0) != 0x80) return limit - back;
  }
  return limit;
}

// A line of content_bytes at begin, cut if it is too long. next is where the next line begins.
Line make_line(std::string_view bytes, size_t begin, uint64_t content_bytes, size_t next,
               uint32_t line_bytes_max) {
  Line line;
  line.begin = static_cast<uint32_t>(begin);
  line.original_size_bytes = content_bytes;
  line.next = static_cast<uint32_t>(next);
  line.size_bytes = content_bytes <= line_bytes_max ? static_cast<uint32_t>(content_bytes)
                                                    : cut_size(bytes.substr(begin), line_bytes_max);
  return line;
}

}  // namespace

SplitResult split_lines(std::string_view bytes, const SplitOptions& options,
                        std::vector<Line>& lines) {
  CHECK(bytes.size() <= UINT32_MAX);
  lines.clear();
  const char* const data = bytes.data();
  const size_t mark_bytes = byte_order_mark_bytes(bytes, options);
  size_t consumed = 0;
  while (consumed < bytes.size() && lines.size() < options.lines_max) {
    const size_t begin = consumed == 0 ? mark_bytes : consumed;
    const auto* end = static_cast<const char*>(
        begin < bytes.size() ? std::memchr(data + begin, '\n', bytes.size() - begin) : nullptr);
    size_t content_end = bytes.size();
    size_t next = bytes.size();
    if (end != nullptr) {
      content_end = static_cast<size_t>(end - data);
      next = content_end + 1;
      if (content_end > begin && data[content_end - 1] == '\r') --content_end;
    } else if (!options.end_is_final) {
      const bool is_too_long = bytes.size() - begin >= uint64_t{options.line_bytes_max} + 2;
      return {consumed, consumed == 0 && is_too_long};
    }
    if (content_end > begin)
      lines.push_back(make_line(bytes, begin, content_end - begin, next, options.line_bytes_max));
    consumed = next;
  }
  return {consumed, false};
}

bool LongLine::scan(std::string_view bytes, bool end_is_final) {
  const size_t found = bytes.find('\n');
  if (found != std::string_view::npos) {
    const bool has_cr = found > 0 ? bytes[found - 1] == '\r' : ends_with_cr_;
    end_bytes_ = has_cr ? 2 : 1;
    scanned_bytes_ += found + 1;
    return true;
  }
  scanned_bytes_ += bytes.size();
  if (!bytes.empty()) ends_with_cr_ = bytes.back() == '\r';
  return end_is_final;
}

Line LongLine::cut(std::string_view bytes, const SplitOptions& options) const {
  const size_t begin = byte_order_mark_bytes(bytes, options);
  const size_t available = std::min<uint64_t>(bytes.size(), scanned_bytes_);
  CHECK(available > begin + options.line_bytes_max);
  Line line = make_line(bytes, begin, scanned_bytes_ - end_bytes_ - begin, available,
                        options.line_bytes_max);
  line.next = line.begin + line.size_bytes;
  return line;
}

}  // namespace sawlog::parsers
