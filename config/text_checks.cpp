#include "config/text_checks.h"

#include <cctype>
#include <charconv>
#include <string_view>

#include <re2/re2.h>

#include "parsers/expression.h"
#include "parsers/figure_condition.h"
#include "parsers/redactor.h"
#include "parsers/text_shapes.h"

namespace sawlog::config {
namespace {

bool is_port(std::string_view text) {
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65'535;
}

bool is_word(const std::string& text, std::string_view extra) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  return std::ranges::all_of(text, [&](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           extra.find(letter) != std::string_view::npos;
  });
}

}  // namespace

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "is empty" : "";
}

std::string check_http_url(const std::string& text) {
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos)
    return "lacks its scheme; did you mean 'http://" + text + "'?";
  const std::string scheme = text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return "must begin with http:// or https://";
  const std::string rest = text.substr(scheme_end + 3);
  const std::string authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority[0] == ':') return "names no host";
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket) &&
      !is_port(std::string_view(authority).substr(colon + 1))) {
    return "has a port that is no port";
  }
  if (rest.find_first_of(" ?#") != std::string::npos) return "must not have a query or a space";
  return "";
}

namespace {

std::string check_base_url(const std::string& text, std::string_view path) {
  if (!text.ends_with(path)) return check_http_url(text);
  return "must not have the path of the interface; did you mean '" +
         text.substr(0, text.size() - path.size()) + "'?";
}

}  // namespace

std::string check_loki_url(const std::string& text) {
  return check_base_url(text, "/loki/api/v1/push");
}

std::string check_otlp_url(const std::string& text) {
  return check_base_url(text, "/v1/logs");
}

std::string check_alertmanager_url(const std::string& text) {
  return check_base_url(text, "/api/v2/alerts");
}

std::string check_webhook_url(const std::string& text) {
  const bool is_url = check_http_url(text.substr(0, text.find('?'))).empty();
  return is_url ? "" : "is not a URL such as https://hooks.example.com/services/…";
}

std::string check_mail_server(const std::string& text) {
  if (text.find("://") != std::string::npos) return "must be host:port, without a scheme";
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "lacks its port; did you mean '" + text + ":587'?";
  if (colon == 0 || !is_port(std::string_view(text).substr(colon + 1)) ||
      text.find_first_of(" ,/@") != std::string::npos) {
    return "is not host:port";
  }
  return "";
}

// What may stand between < and > in a header and after RCPT TO, and nothing that ends them.
std::string check_mail_address(const std::string& text) {
  const size_t at = text.find('@');
  const bool is_plain = std::ranges::all_of(text, [](char letter) {
    return std::isgraph(static_cast<unsigned char>(letter)) != 0 && letter != '<' &&
           letter != '>' && letter != ',';
  });
  if (at == std::string::npos || at == 0 || at + 1 == text.size() || !is_plain) {
    return "is not an address such as admin@example.com";
  }
  return "";
}

std::string check_broker(const std::string& text) {
  if (text.find("://") != std::string::npos) return "must be host:port, without a scheme";
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "lacks its port; did you mean '" + text + ":9092'?";
  if (colon == 0 || !is_port(std::string_view(text).substr(colon + 1))) return "is not host:port";
  if (text.find_first_of(" ,/") != std::string::npos) return "must be one host:port";
  return "";
}

std::string check_listen_address(const std::string& text) {
  if (text.empty()) return "";
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 ||
      !is_port(std::string_view(text).substr(colon + 1))) {
    return "is not address:port";
  }
  return "";
}

std::string check_glob(const std::string& text) {
  if (text.empty()) return "is empty";
  if (text.starts_with('~')) return "begins with ~, which only shells know; write ${env:HOME}";
  if (text.starts_with('$')) return "begins with $, which only shells know; write ${env:NAME}";
  if (text.ends_with('/')) return "is a directory; did you mean '" + text + "*.log'?";
  return "";
}

std::string check_metric_name(const std::string& text) {
  if (!is_word(text, ":")) return "is not a metric name: letters, digits, _ and : only";
  if (text.starts_with("sawlog_")) return "is taken: sawlog_ begins the agent's own metrics";
  return "";
}

std::string check_label_name(const std::string& text) {
  if (!is_word(text, "")) return "is not a label name: letters, digits and _ only";
  if (text.starts_with("__")) return "is not a label name: __ is Prometheus' own";
  if (text == "le" || text == "quantile") return "is not a label name here: Prometheus uses it";
  return "";
}

std::string check_expression(const std::string& text) {
  std::vector<std::string> fields;
  const auto expression = parsers::Expression::compile(text, fields);
  return expression ? "" : "is no expression: " + expression.error().message;
}

std::string check_condition(const std::string& text) {
  const auto condition = parsers::FigureCondition::compile(text);
  return condition ? "" : "is no condition: " + condition.error().message;
}

std::string check_regular_expression(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 expression(text, options);
  return expression.ok() ? "" : "is no regular expression: " + expression.error();
}

std::string check_pattern(const std::string& text) {
  const auto shape = parsers::TextShape::compile(text);
  return shape ? "" : "is no pattern: " + shape.error().message;
}

std::string check_redaction(const std::string& text) {
  const auto redactor = parsers::Redactor::compile({{parsers::RedactKind::kPattern, text}});
  return redactor ? "" : redactor.error().message;
}

std::string check_given_name(const std::string& text) {
  constexpr size_t kNameBytesMax = 64;
  const bool is_plain = std::ranges::all_of(text, [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           letter == '-' || letter == '.';
  });
  if (text.empty() || !is_plain || text[0] == '.' || text[0] == '-') {
    return "is not a name: letters, digits, _ - and . only, the first a letter or a digit";
  }
  if (text.size() > kNameBytesMax) return "is longer than 64 letters";
  return "";
}

}  // namespace sawlog::config
