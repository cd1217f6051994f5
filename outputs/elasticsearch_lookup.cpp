#include "outputs/elasticsearch_lookup.h"

#include <algorithm>
#include <array>

#include "lib/base/check.h"
#include "lib/base/json_encode.h"
#include "outputs/elasticsearch_api.h"
#include "outputs/http_answer.h"
#include "outputs/url.h"

namespace sawlog::outputs {
namespace {

// The state: these letters, then the name of the index.
constexpr char kOpenLetter = 'o';
constexpr char kCleanLetter = 'c';

constexpr std::string_view kAbsent = "index_not_found_exception";
// Nobody mends these by waiting: the index cannot be read.
constexpr std::array<std::string_view, 3> kUnreadable = {
    "security_exception", "cluster_block_exception", "index_closed_exception"};

Judgement none_found(const Batch& batch) {
  Judgement judgement;
  for (uint32_t line = 0; line < batch.line_count(); ++line) {
    judgement.exceptions.push_back({.line = line});
  }
  return judgement;
}

Judgement unknown(const HttpResponse& response) {
  Judgement judgement;
  judgement.kind = Judgement::Kind::kUnknown;
  judgement.reason = "not the answer to a question about lines: " + describe_answer(response);
  return judgement;
}

// We may not ask, or the server (one that only speaks _bulk) does not know the question.
bool cannot_answer(const HttpResponse& response) {
  return response.status == 403 || response.status == 400 || response.status == 405 ||
         response.status == 501;
}

bool is_object(std::string_view body) {
  return body.starts_with('{') && body.ends_with('}');
}

void fill_documents(const Batch& batch, HttpRequest& request) {
  request.url.append("/").append(percent_encoded(batch.places->back()));
  request.url.append("/_mget?_source=false&filter_path=docs.found,docs.error.type");
  request.headers = {"Content-Type: application/json"};
  request.body = R"({"ids":[)";
  for (uint32_t line = 0; line < batch.line_count(); ++line) {
    request.body.append(line == 0 ? "\"" : ",\"").append(batch.record_id(line)).push_back('"');
  }
  request.body += "]}";
}

}  // namespace

ElasticsearchLookup::ElasticsearchLookup(std::string target)
    : target_(std::move(target)), session_(target_.empty() ? Session::kOpen : Session::kClean) {}

// --- what is saved -----------------------------------------------------------------------------

base::Expected<void> ElasticsearchLookup::restore(std::span<const std::string> states) {
  const auto last = std::find_if(states.rbegin(), states.rend(),
                                 [](const std::string& state) { return !state.empty(); });
  if (last == states.rend() || target_.empty()) return {};
  if (last->front() != kOpenLetter && last->front() != kCleanLetter) {
    return base::unexpected(base::ErrorCode::kCorrupt,
                            "cannot use the saved state: it is not of an Elasticsearch output");
  }
  has_repeats_ = last->front() == kOpenLetter;
  session_ = has_repeats_ ? Session::kOpen : Session::kClean;
  indices_.front() = last->substr(1);
  return {};
}

std::string ElasticsearchLookup::save_state(uint64_t first_sent_min, bool is_empty,
                                            bool is_ending) {
  if (target_.empty()) return "";
  is_saving_clean_ = wants_save(is_empty, is_ending) && session_ == Session::kOpen;
  const uint64_t newest = first_number_ + indices_.size() - 1;
  const uint64_t oldest = has_repeats_ ? first_number_ : std::min(first_sent_min, newest);
  for (; first_number_ < oldest; ++first_number_) indices_.pop_front();
  return (is_saving_clean_ ? kCleanLetter : kOpenLetter) + indices_.front();
}

void ElasticsearchLookup::saved() {
  if (session_ == Session::kOpening) session_ = Session::kOpen;
  if (is_saving_clean_) session_ = Session::kClean;
  is_saving_clean_ = false;
}

bool ElasticsearchLookup::wants_save(bool is_empty, bool is_ending) const {
  if (target_.empty()) return false;
  if (session_ == Session::kOpening) return true;
  return session_ == Session::kOpen && is_empty && is_ending && !has_repeats_;
}

bool ElasticsearchLookup::begin_lines(bool may_have_been_sent) {
  if (session_ == Session::kClean) session_ = Session::kOpening;
  return (may_have_been_sent && has_repeats_) || !has_looked_;
}

// --- asking ------------------------------------------------------------------------------------

bool ElasticsearchLookup::ask(Batch& batch, HttpRequest& request) const {
  if (target_.empty()) return false;
  if (!batch.places) {
    request.method = "GET";
    request.url.append("/_resolve/index/").append(percent_encoded(target_));
    return true;
  }
  if (batch.places->empty()) return false;
  fill_documents(batch, request);
  return true;
}

Judgement ElasticsearchLookup::judge_found(const HttpResponse& response, Batch& batch) {
  return batch.places ? judge_documents(response, batch) : judge_indices(response, batch);
}

Judgement ElasticsearchLookup::judge_indices(const HttpResponse& response, Batch& batch) {
  std::vector<std::string> indices;
  if (auto read = read_indices(response.body); response.status == 200 && read) {
    indices = std::move(*read);
  } else if (cannot_answer(response) || (response.status == 200 && is_object(response.body))) {
    cannot_look("which indices '" + target_ + "' has", describe_error(response));
  } else if (response.status != 404) {
    return judge_status(response).value_or(unknown(response));
  }
  // None is there, or none that we may see.
  if (indices.empty()) indices = known_since(first_sent(batch));
  batch.places = places_of(batch, std::move(indices));
  return none_found(batch);
}

Judgement ElasticsearchLookup::judge_documents(const HttpResponse& response, Batch& batch) {
  const std::string what = "which lines are in '" + batch.places->back() + "' already";
  Judgement judgement;
  const auto found = read_found(response.body);
  const bool is_no_lookup = response.status == 200 && !found && is_object(response.body);
  if (cannot_answer(response) || response.status == 404 || is_no_lookup) {
    cannot_look(what, describe_error(response));
    judgement = none_found(batch);
  } else if (response.status != 200) {
    return judge_status(response).value_or(unknown(response));
  } else {
    if (!found || found->size() != batch.line_count()) return unknown(response);
    for (uint32_t line = 0; line < found->size(); ++line) {
      const auto& [is_found, error] = (*found)[line];
      if (is_found) continue;
      judgement.exceptions.push_back({.line = line});
      if (error.empty() || error == kAbsent) continue;
      if (std::find(kUnreadable.begin(), kUnreadable.end(), error) == kUnreadable.end()) {
        return {.kind = Judgement::Kind::kBusy, .reason = "cannot look up " + what + ": " + error};
      }
      cannot_look(what, error);
    }
    has_looked_ = true;
  }
  batch.places->pop_back();
  return judgement;
}

uint64_t ElasticsearchLookup::first_sent(const Batch& batch) const {
  return std::max(first_number_, batch.first_sent == Batch::kNeverSent ? 0 : batch.first_sent);
}

// The ones that may have the lines. Those that were never sent are looked for where lines go now:
// only to know whether it can be done.
std::vector<std::string> ElasticsearchLookup::places_of(const Batch& batch,
                                                        std::vector<std::string> indices) const {
  if (indices.empty()) return indices;
  if (batch.first_sent == Batch::kNeverSent && !has_repeats_) return {indices.back()};
  const auto oldest = index_generation(name(first_sent(batch)));
  std::erase_if(indices, [&](const std::string& index) {
    const auto generation = index_generation(index);
    return oldest && generation && *generation < *oldest;
  });
  return indices;
}

std::vector<std::string> ElasticsearchLookup::known_since(uint64_t number) const {
  std::vector<std::string> names;
  for (; number < first_number_ + indices_.size(); ++number) {
    if (!name(number).empty()) names.push_back(name(number));
  }
  return names;
}

const std::string& ElasticsearchLookup::name(uint64_t number) const {
  CHECK(number >= first_number_ && number - first_number_ < indices_.size());
  return indices_[number - first_number_];
}

void ElasticsearchLookup::cannot_look(const std::string& what, const std::string& why) {
  has_looked_ = true;
  if (has_complained_) return;
  has_complained_ = true;
  notices_.push_back("cannot look up " + what + " (" + why +
                     "): lines whose outcome is unknown when an index is rolled over may be there "
                     "twice; grant 'read' and 'view_index_metadata' on '" +
                     target_ + "'");
}

std::vector<std::string> ElasticsearchLookup::take_notices() {
  return std::exchange(notices_, {});
}

// --- what the answers tell ---------------------------------------------------------------------

void ElasticsearchLookup::sending(Batch& batch) const {
  if (batch.first_sent == Batch::kNeverSent) {
    batch.first_sent = first_number_ + indices_.size() - 1;
  }
}

void ElasticsearchLookup::took_lines(const std::string& index) {
  if (target_.empty() || index.empty() || index == indices_.back()) return;
  // An answer from before a rollover may come after one from behind it.
  const auto before = index_generation(indices_.back());
  const auto now = index_generation(index);
  if (before && now && *now < *before) return;
  indices_.push_back(index);
}

}  // namespace sawlog::outputs
