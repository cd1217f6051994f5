#include "outputs/elasticsearch_probe.h"

#include <optional>

#include "lib/base/json_encode.h"
#include "outputs/elasticsearch_api.h"
#include "outputs/host_pool.h"
#include "outputs/http_call.h"
#include "outputs/url.h"

namespace sawlog::outputs {
namespace {

// One question after the other; the first that has no good answer ends it.
class ElasticsearchProbe {
 public:
  ElasticsearchProbe(const ElasticsearchOptions& options, HttpTransport& transport,
                     const base::Clock& clock)
      : options_(options),
        transport_(transport),
        clock_(clock),
        hosts_(options.hosts, {}, /*seed=*/1),
        is_stream_(options.index.empty()),
        target_(is_stream_ ? options.data_stream : options.index) {}

  Probe run() {
    if (auto wrong = meet_hosts()) return {false, *wrong};
    if (auto wrong = look_at_pipeline()) return {false, *wrong};
    if (auto wrong = look_at_target()) return {false, *wrong};
    if (auto wrong = look_at_privileges()) return {false, *wrong};
    return {true, "works: " + who() + where_ + ", " + target_text_ + rights_text_};
  }

 private:
  using Wrong = std::optional<std::string>;

  // "Elasticsearch 8.19.21 (cluster 'logs') at ", or "" where that may not be asked.
  [[nodiscard]] std::string who() const {
    if (server_.version.empty()) return "";
    return server_.product + " " + server_.version + " (cluster '" + server_.cluster + "') at ";
  }

  HttpResponse ask(const std::string& method, const std::string& path, std::string body = "") {
    HttpRequest request;
    request.method = method;
    request.url = hosts_.url(0) + path;
    request.body = std::move(body);
    if (!request.body.empty()) request.headers = {"Content-Type: application/json"};
    request.timeout_ns = kProbeTimeoutNs;
    return call(transport_, std::move(request), clock_);
  }

  Wrong meet_hosts() {
    for (size_t host = 0; host < options_.hosts.size(); ++host) {
      HttpRequest request{.method = "GET", .url = hosts_.url(host), .timeout_ns = kProbeTimeoutNs};
      const HttpResponse response = call(transport_, std::move(request), clock_);
      const std::string name = hosts_.display_name(host);
      if (auto wrong = refusal(response, name)) return wrong;
      where_ += (where_.empty() ? "" : ", ") + name;
      if (response.status == 403) continue;  // a key for writing only
      const auto server = read_server(response.body);
      if (!server) {
        return "'" + name + "' is neither Elasticsearch nor OpenSearch: it answered " +
               describe_error(response) + ": correct 'hosts'";
      }
      server_ = *server;
    }
    return std::nullopt;
  }

  static Wrong refusal(const HttpResponse& response, const std::string& name) {
    if (response.status == 0) {
      const std::string cause = "cannot reach '" + name + "': " + response.error;
      return cause + (response.is_operators_fault ? ": look at 'tls' and 'hosts'"
                                                  : ": is it running, and may we reach it?");
    }
    const std::string answered = "'" + name + "' answered " + describe_error(response);
    if (response.status == 401) {
      return answered + ": correct 'username' and 'password', or 'api_key'";
    }
    if (response.status == 403 || response.status == 200) return std::nullopt;
    return answered + ": correct 'hosts'";
  }

  Wrong look_at_pipeline() {
    if (options_.pipeline.empty()) return std::nullopt;
    const HttpResponse response =
        ask("GET", "/_ingest/pipeline/" + percent_encoded(options_.pipeline));
    if (response.status != 404) return std::nullopt;
    return "there is no ingest pipeline '" + options_.pipeline +
           "': make it, or correct 'pipeline'";
  }

  Wrong look_at_target() {
    target_text_ = is_stream_ ? "data stream" : "index";
    target_text_.append(" '").append(target_).append("'");
    if (target_.find('%') != std::string::npos) return std::nullopt;  // a name for each day
    std::string path = "/";
    path.append(percent_encoded(target_));
    path.append("/_settings/index.blocks.*?flat_settings=true&expand_wildcards=all");
    const HttpResponse response = ask("GET", path);
    if (response.status == 404) target_text_.append(" is made with the first line");
    if (response.status != 200) return std::nullopt;
    std::string block = read_block(response.body);
    if (block.empty()) return std::nullopt;
    return block.append(" keeps lines out: take it away (a full disk sets it, too)");
  }

  // Only Elasticsearch with security can be asked; elsewhere the first request will tell.
  Wrong look_at_privileges() {
    std::string body = R"({"index":[{"names":[)";
    std::string pattern = target_.substr(0, target_.find('%'));
    if (pattern != target_) pattern += '*';
    base::append_json_string(body, pattern);
    body += R"(],"privileges":["create_doc","auto_configure")";
    if (options_.exactly_once) body += R"(,"read","view_index_metadata")";
    body += "]}]}";
    const HttpResponse response = ask("POST", "/_security/user/_has_privileges", std::move(body));
    if (response.status != 200) return std::nullopt;
    const auto missing = read_missing_privileges(response.body);
    if (!missing) return std::nullopt;
    rights_text_ = missing->empty() ? ", rights suffice" : ", rights are missing: " + *missing;
    if (missing->find("create_doc") == std::string::npos) return std::nullopt;
    return "rights are missing on '" + target_ + "': grant " + *missing;
  }

  const ElasticsearchOptions& options_;
  HttpTransport& transport_;
  const base::Clock& clock_;
  const HostPool hosts_;
  const bool is_stream_;
  const std::string target_;
  SearchServer server_;
  std::string where_;
  std::string target_text_;
  std::string rights_text_;
};

}  // namespace

Probe probe_elasticsearch(const ElasticsearchOptions& options, HttpTransport& transport,
                          const base::Clock& clock) {
  return ElasticsearchProbe(options, transport, clock).run();
}

}  // namespace sawlog::outputs
