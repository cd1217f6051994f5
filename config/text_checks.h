// What a text must be; see TextCheck in section.h. Addresses that carry a password are never
// repeated in the answer (the caller prints the value only if it is not a secret).
#pragma once

#include <string>

namespace sawlog::config {

[[nodiscard]] std::string check_not_empty(const std::string& text);
[[nodiscard]] std::string check_http_url(const std::string& text);
[[nodiscard]] std::string check_loki_url(const std::string& text);
[[nodiscard]] std::string check_otlp_url(const std::string& text);
[[nodiscard]] std::string check_broker(const std::string& text);          // host:port
[[nodiscard]] std::string check_listen_address(const std::string& text);  // address:port or ""
[[nodiscard]] std::string check_glob(const std::string& text);            // of files
[[nodiscard]] std::string check_metric_name(const std::string& text);
[[nodiscard]] std::string check_label_name(const std::string& text);
[[nodiscard]] std::string check_expression(const std::string& text);   // parsers/expression.h
[[nodiscard]] std::string check_condition(const std::string& text);    // parsers/figure_condition.h
[[nodiscard]] std::string check_mail_server(const std::string& text);  // host:port
[[nodiscard]] std::string check_mail_address(const std::string& text);
[[nodiscard]] std::string check_webhook_url(const std::string& text);  // a secret
[[nodiscard]] std::string check_alertmanager_url(const std::string& text);
[[nodiscard]] std::string check_regular_expression(const std::string& text);  // RE2
[[nodiscard]] std::string check_pattern(const std::string& text);    // the same, with named groups
[[nodiscard]] std::string check_redaction(const std::string& text);  // parsers/redactor.h
// Of a source or an output: becomes a file name and a label value.
[[nodiscard]] std::string check_given_name(const std::string& text);

}  // namespace sawlog::config
