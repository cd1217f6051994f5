#include <algorithm>

#include <sawlog/sawlog.h>

#include "agent/agent_implementation.h"
#include "agent/checkpoint/consumer_checkpoint.h"

namespace sawlog::agent {

namespace {

// What a consumer that ends may take to get its answers: none if its destination is not there.
constexpr int64_t kRetireTimeoutNs = 10 * base::kNsPerSecond;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Where the kept consumers stood before; the others begin.
std::vector<size_t> old_indexes(const std::vector<std::string>& old_names,
                                const std::vector<std::string>& names, const ReloadPlan& plan) {
  std::vector<size_t> indexes;
  for (const std::string& name : names) {
    const auto old = std::ranges::find(old_names, name);
    const bool is_kept = contains(plan.kept, name);
    indexes.push_back(is_kept ? static_cast<size_t>(old - old_names.begin())
                              : TailedFile::kNewConsumer);
  }
  return indexes;
}

}  // namespace

base::Expected<std::string> Agent::Implementation::reload(const config::Config& next) {
  if (std::string cause = why_not_reloadable(config_, next); !cause.empty()) {
    return base::unexpected(base::ErrorCode::kInvalid, std::move(cause));
  }
  const ReloadPlan plan = plan_reload(config_, next);
  retire(plan.rebuilt);
  retire(plan.removed);
  pause();
  const auto swapped = swap(next, plan);
  start_threads(RunMode::kFollow);
  if (!swapped) return tl::unexpected(swapped.error());
  note_set_aside(plan.removed);
  if (plan.changes_alerts) replace_alerts();
  is_server_stale_ = is_server_stale_ || plan.changes_http;
  return describe(plan);
}

Agent::Implementation::RunningConsumer* Agent::Implementation::find_consumer(
    const std::string& name) {
  const auto found = std::ranges::find_if(
      consumers_, [&](const auto& known) { return known.loop->consumer().name() == name; });
  return found == consumers_.end() ? nullptr : &*found;
}

// The others run on meanwhile.
void Agent::Implementation::retire(const std::vector<std::string>& names) {
  const int64_t now_ns = clock_.monotonic_ns();
  for (const std::string& name : names) {
    ConsumerLoop& loop = *find_consumer(name)->loop;
    const bool is_up = loop.consumer().status().health.state == outputs::Health::State::kUp;
    loop.stop(now_ns + (is_up ? kRetireTimeoutNs : 0));
  }
  for (const std::string& name : names) find_consumer(name)->thread.join();
}

void Agent::Implementation::pause() {
  join_tail();
  for (const auto& consumer : consumers_) {
    if (consumer.thread.joinable()) consumer.loop->pause();
  }
  for (auto& consumer : consumers_) {
    if (consumer.thread.joinable()) consumer.thread.join();
  }
}

base::Expected<void> Agent::Implementation::swap(const config::Config& next,
                                                 const ReloadPlan& plan) {
  const std::unique_lock lock(structure_mutex_);
  const std::vector<std::string> old_names = consumer_names(config_);
  taken_over_.clear();
  std::erase_if(consumers_, [&](const auto& consumer) {
    return !contains(plan.kept, consumer.loop->consumer().name());
  });
  auto assembled = assemble(next, consumers_);
  if (!assembled) {
    undo_take_overs();
    auto restored = assemble(config_, consumers_);
    is_broken_ = !restored;
    if (restored) consumers_ = std::move(*restored);
    return tl::unexpected(is_broken_ ? restored.error() : assembled.error());
  }
  consumers_ = std::move(*assembled);
  const std::vector<size_t> indexes = old_indexes(old_names, consumer_names(next), plan);
  tail_->reconfigure(update_sources(next), indexes);
  config_ = next;
  return {};
}

// In the configured order, taken from the spare ones or built; after an error those that were
// taken are back among the spare.
base::Expected<Agent::Implementation::Consumers> Agent::Implementation::assemble(
    const config::Config& config, Consumers& spare) {
  Consumers taken, built;
  std::vector<bool> is_taken;
  const auto build = [&](const std::string& name, size_t index) {
    return open_checkpoint(config, name).and_then([&](auto&& saved) {
      return build_consumer(config, name, index, std::forward<decltype(saved)>(saved));
    });
  };
  for (const std::string& name : consumer_names(config)) {
    const auto kept = std::ranges::find_if(
        spare, [&](const auto& known) { return known.loop->consumer().name() == name; });
    is_taken.push_back(kept != spare.end());
    if (kept != spare.end()) {
      kept->loop->consumer().reconfigure(is_taken.size() - 1, wanted_sources(config, name));
      taken.push_back(std::move(*kept));
      spare.erase(kept);
      continue;
    }
    auto consumer = build(name, is_taken.size() - 1);
    if (!consumer) {
      std::ranges::move(taken, std::back_inserter(spare));
      return tl::unexpected(consumer.error());
    }
    built.push_back(std::move(*consumer));
  }
  Consumers all;
  for (size_t next_taken = 0, next_built = 0; const bool was_taken : is_taken) {
    all.push_back(std::move(was_taken ? taken[next_taken++] : built[next_built++]));
  }
  return all;
}

// An old name needs its cursors again.
void Agent::Implementation::undo_take_overs() {
  for (const auto& [old_name, new_name] : taken_over_) {
    const auto undone =
        ConsumerCheckpoint::take_over(filesystem_, config_.state_dir, new_name, old_name);
    if (!undone) sawlog::get("sawlog.agent").error(undone.error().message);
  }
}

void Agent::Implementation::note_set_aside(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    sawlog::get("sawlog.agent")
        .info("an output left the configuration; its cursors are kept", {{"consumer", name}});
  }
}

void Agent::Implementation::note_reload(const base::Expected<std::string>& result) {
  const std::unique_lock lock(structure_mutex_);
  ++(result ? reload_status_.done_count : reload_status_.failed_count);
  reload_status_.last_unix_ns = clock_.unix_ns();
  reload_status_.last_error = result ? "" : result.error().message;
}

void Agent::Implementation::tend() {
  if (std::exchange(is_server_stale_, false)) replace_server();
}

// The new one first, so that the old one stays if it cannot be had; but not on the same address.
void Agent::Implementation::replace_server() {
  auto server = listen(config_.http);
  if (!server && server_ != nullptr) {
    server_->stop();
    server = listen(config_.http);
  }
  if (!server) {
    note_reload(tl::unexpected(server.error()));
    sawlog::get("sawlog.agent").error(server.error().message);
    return;
  }
  if (server_ != nullptr) server_->stop();
  server_ = std::move(*server);
}

}  // namespace sawlog::agent
