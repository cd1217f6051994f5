#include "outputs/elasticsearch_setup.h"

#include "outputs/elasticsearch_api.h"
#include "outputs/elasticsearch_template.h"
#include "outputs/host_pool.h"
#include "outputs/http_call.h"
#include "outputs/probe.h"
#include "outputs/url.h"

namespace sawlog::outputs {
namespace {

class Setup {
 public:
  Setup(const ElasticsearchOptions& options, HttpTransport& transport, const base::Clock& clock)
      : options_(options),
        transport_(transport),
        clock_(clock),
        hosts_(options.hosts, {}, /*seed=*/1) {}

  std::vector<SetupStep> run() {
    const HttpResponse root = ask("GET", "");
    const auto server = read_server(root.body);
    if (root.status != 200 || !server) {
      add(false, "cannot set up '" + hosts_.display_name(0) + "': " + cause(root));
      return steps_;
    }
    if (install(component_template(*server)) && install(index_template(options_))) look_at_index();
    return steps_;
  }

 private:
  HttpResponse ask(const std::string& method, const std::string& path, std::string body = "") {
    HttpRequest request;
    request.method = method;
    request.url = hosts_.url(0) + path;
    request.body = std::move(body);
    if (!request.body.empty()) request.headers = {"Content-Type: application/json"};
    request.timeout_ns = kProbeTimeoutNs;
    return call(transport_, std::move(request), clock_);
  }

  static std::string cause(const HttpResponse& response) {
    return response.status == 0 ? response.error : "it answered " + describe_error(response);
  }

  void add(bool is_done, std::string text) { steps_.push_back({is_done, std::move(text)}); }

  bool install(const SearchTemplate& wanted) {
    const std::string name = wanted.kind + " '" + wanted.name + "'";
    const HttpResponse there = ask("GET", wanted.path);
    if (there.status == 200) {
      const auto ours = read_template_content(there.body);
      if (!ours) {
        add(false, name + " is not ours: somebody else installed it; rename or delete it");
        return false;
      }
      if (*ours == wanted.content) {
        add(true, name + " is there already");
        return true;
      }
    } else if (there.status != 404) {
      add(false, "cannot look at " + name + ": " + cause(there));
      return false;
    }
    const HttpResponse put = ask("PUT", wanted.path, wanted.body);
    const bool is_done = put.status == 200;
    const std::string verb = there.status == 200 ? "updated " : "installed ";
    add(is_done, is_done ? verb + name : "cannot install " + name + ": " + cause(put));
    return is_done;
  }

  // Templates are for indices to come.
  void look_at_index() {
    if (options_.index.find('%') != std::string::npos) return;
    const std::string& target = options_.index.empty() ? options_.data_stream : options_.index;
    const HttpResponse response = ask("GET", "/_resolve/index/" + percent_encoded(target));
    const auto indices = read_indices(response.body);
    if (response.status != 200 || !indices || indices->empty()) return;
    add(true, "'" + target + "' is there already: what is new holds from its next rollover on");
  }

  const ElasticsearchOptions& options_;
  HttpTransport& transport_;
  const base::Clock& clock_;
  const HostPool hosts_;
  std::vector<SetupStep> steps_;
};

}  // namespace

std::vector<SetupStep> setup_elasticsearch(const ElasticsearchOptions& options,
                                           HttpTransport& transport, const base::Clock& clock) {
  return Setup(options, transport, clock).run();
}

}  // namespace sawlog::outputs
