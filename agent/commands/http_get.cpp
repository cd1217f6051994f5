#include "agent/commands/http_get.h"

#include <memory>

#include <curl/curl.h>

namespace sawlog::agent::commands {

namespace {

constexpr size_t kBodyBytesMax = 64u << 20;

size_t append_body(const char* data, size_t size, size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kBodyBytesMax) return 0;
  text.append(data, size * count);
  return size * count;
}

}  // namespace

base::Expected<HttpReply> http_get(const HttpQuestion& question) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  CURL* const curl = handle.get();
  curl_slist* list = curl_slist_append(nullptr, ("Accept: " + question.accept).c_str());
  if (!question.token.empty()) {
    list = curl_slist_append(list, ("Authorization: Bearer " + question.token).c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            curl_slist_free_all);
  HttpReply reply;
  curl_easy_setopt(curl, CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(question.timeout_ms));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  const CURLcode result = curl_easy_perform(curl);
  if (result != CURLE_OK) {
    return base::unexpected(base::ErrorCode::kUnavailable,
                            "cannot reach '" + question.url + "': " + curl_easy_strerror(result));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

}  // namespace sawlog::agent::commands
