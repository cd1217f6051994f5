#include "outputs/push_probe.h"

#include "outputs/host_pool.h"
#include "outputs/http_answer.h"
#include "outputs/http_call.h"

namespace sawlog::outputs {
namespace {

// advice: what to correct when we are not let in.
Probe judge(const HttpResponse& response, const std::string& name, const std::string& advice) {
  if (response.status == 0) {
    const std::string cause = "cannot reach '" + name + "': " + response.error;
    return {false, cause + (response.is_operators_fault ? ": look at 'tls' and 'url'"
                                                        : ": is it running, and may we reach it?")};
  }
  // Loki says 422 to a request without streams, and that only to those it lets in.
  if ((response.status >= 200 && response.status < 300) || response.status == 422) {
    return {true, "works: '" + name + "' lets us in"};
  }
  const std::string answered = "'" + name + "' answered " + describe_answer(response);
  if (response.status == 401 || response.status == 403) return {false, answered + ": " + advice};
  if (response.status == 429 || response.status >= 500) {
    return {false, answered + ": it is there, and takes nothing at present"};
  }
  return {false, answered + ": correct 'url'"};
}

}  // namespace

Probe probe_loki(const LokiOptions& options, HttpTransport& transport, const base::Clock& clock) {
  const HostPool hosts({options.url}, {}, /*seed=*/1);
  HttpRequest request;
  request.url = hosts.url(0) + "/loki/api/v1/push";
  request.headers = {"Content-Type: application/json"};
  if (!options.tenant.empty()) request.headers.push_back("X-Scope-OrgID: " + options.tenant);
  request.body = R"({"streams":[]})";
  request.timeout_ns = kProbeTimeoutNs;
  return judge(call(transport, std::move(request), clock), hosts.display_name(0),
               "correct 'tenant', 'username' and 'password', or 'bearer'");
}

Probe probe_otlp(const OtlpOptions& options, HttpTransport& transport, const base::Clock& clock) {
  const HostPool hosts({options.url}, {}, /*seed=*/1);
  HttpRequest request;
  request.url = hosts.url(0) + "/v1/logs";
  request.headers = options.headers;
  request.headers.emplace_back("Content-Type: application/x-protobuf");
  request.timeout_ns = kProbeTimeoutNs;
  return judge(call(transport, std::move(request), clock), hosts.display_name(0),
               "correct 'headers', 'username' and 'password', or 'bearer'");
}

}  // namespace sawlog::outputs
