#include "agent/dashboard/page.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "agent/dashboard/page_parts.h"
#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

// "'sha256-…'" of an element's content, as a policy names it.
std::string hash_source(std::string_view content) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest);
  unsigned char text[4 * (SHA256_DIGEST_LENGTH / 3 + 1) + 1];
  const int size = EVP_EncodeBlock(text, digest, sizeof(digest));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size)) +
         "'";
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  CHECK(at != std::string::npos);
  text.replace(at, what.size(), by);
}

DashboardPage compose() {
  const PageParts& parts = page_parts();
  const std::string style = std::string(parts.chart_style) + "\n" + std::string(parts.style);
  std::string script;
  if (!parts.chart_script.empty()) {
    script = "/*! " + std::string(parts.chart_license) + " */\n" + std::string(parts.chart_script) +
             "\n";
  }
  script += parts.script;
  DashboardPage page;
  page.has_charts = !parts.chart_script.empty();
  page.html = parts.html;
  replace(page.html, "{{style}}", style);
  replace(page.html, "{{script}}", script);
  page.content_security_policy =
      "default-src 'none'; script-src " + hash_source(script) + "; style-src " +
      hash_source(style) +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'";
  return page;
}

}  // namespace

const DashboardPage& dashboard_page() {
  static const DashboardPage page = compose();
  return page;
}

}  // namespace sawlog::agent
