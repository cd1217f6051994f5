#include "parsers/container_line.h"

#include "parsers/json_walker.h"

namespace sawlog::parsers {

namespace {

constexpr std::string_view kDockerBegin = "{\"log\":\"";
constexpr size_t kCriTimeBytesMin = 20;  // 2026-11-21T07:06:55Z
constexpr size_t kCriTimeBytesMax = 35;

bool read_cri(std::string_view line, ContainerLine& parts) {
  const size_t time_end = line.find(' ');
  if (time_end < kCriTimeBytesMin || time_end > kCriTimeBytesMax || line[10] != 'T') return false;
  parts.time = line.substr(0, time_end);
  line.remove_prefix(time_end + 1);
  constexpr size_t kStreamBytes = 6;
  parts.stream = line.substr(0, kStreamBytes);
  if (parts.stream != "stdout" && parts.stream != "stderr") return false;
  line.remove_prefix(kStreamBytes);
  if (line.size() < 2 || line[0] != ' ') return false;
  // Tags are joined by colons; the first says whether the line ends here.
  const size_t tags_end = std::min(line.find(' ', 1), line.size());
  const std::string_view tag = line.substr(1, line.substr(1, tags_end - 1).find(':'));
  if (tag.empty() || (tag[0] != 'F' && tag[0] != 'P')) return false;
  if (tag.size() > 1 && tag[1] != ':' && tag[1] != ' ') return false;
  parts.is_part = tag[0] == 'P';
  parts.content = line.substr(std::min(tags_end + 1, line.size()));
  return true;
}

// The end of the string whose content begins at `begin`, or npos.
size_t string_end(std::string_view text, size_t begin) {
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

// The value of a key of the form "name":"value" without escapes in it.
std::string_view plain_value(std::string_view rest, std::string_view key) {
  const size_t at = rest.find(key);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + key.size();
  const size_t end = rest.find('"', begin);
  return end == std::string_view::npos ? std::string_view() : rest.substr(begin, end - begin);
}

bool read_docker(std::string_view line, std::string& scratch, ContainerLine& parts) {
  const size_t end = string_end(line, kDockerBegin.size());
  if (end == std::string_view::npos) return false;
  const std::string_view rest = line.substr(end + 1);
  parts.stream = plain_value(rest, "\"stream\":\"");
  parts.time = plain_value(rest, "\"time\":\"");
  if ((parts.stream != "stdout" && parts.stream != "stderr") || parts.time.empty()) return false;
  if (!rest.ends_with('}')) return false;
  const std::string_view escaped = line.substr(kDockerBegin.size(), end - kDockerBegin.size());
  if (!has_json_escapes(escaped)) return false;
  const size_t size = scratch.size();
  append_unescaped(escaped, scratch);
  parts.content = std::string_view(scratch).substr(size);
  parts.is_part = !parts.content.ends_with('\n');
  if (!parts.is_part) parts.content.remove_suffix(1);
  if (parts.content.ends_with('\r')) parts.content.remove_suffix(1);
  return true;
}

}  // namespace

bool may_be_container_line(std::string_view line) {
  if (line.size() < kCriTimeBytesMin + 9) return false;
  if (line[0] == '{') return line.starts_with(kDockerBegin);
  return line[4] == '-' && line[10] == 'T' && line[0] >= '0' && line[0] <= '9';
}

bool read_container_line(std::string_view line, std::string& scratch, ContainerLine& parts) {
  return line.starts_with('{') ? read_docker(line, scratch, parts) : read_cri(line, parts);
}

}  // namespace sawlog::parsers
