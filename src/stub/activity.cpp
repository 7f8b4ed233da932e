#include "stub/activity.hpp"

namespace harbor_router::stub {

bool matches(const RequestFilter& filter, std::string_view method, std::string_view project,
             Endpoint endpoint) {
  return (!filter.method || *filter.method == method) &&
         (!filter.project || *filter.project == project) &&
         (!filter.endpoint || *filter.endpoint == endpoint);
}

std::uint64_t Activity::connection_opened() {
  const std::lock_guard lock(mutex_);
  ++gauges_.open;
  changed_.notify_all();
  return ++gauges_.accepted;
}

void Activity::connection_closed() {
  const std::lock_guard lock(mutex_);
  --gauges_.open;
  changed_.notify_all();
}

std::uint64_t Activity::request_begun(LoggedRequest request) {
  const std::lock_guard lock(mutex_);
  request.number = ++last_number_;
  ++gauges_.in_progress;
  ++counts_[{request.method, request.project, request.endpoint}];
  log_.push_back(std::move(request));
  if (log_.size() > log_limit_) log_.pop_front();
  changed_.notify_all();
  return last_number_;
}

void Activity::answer_begun(std::uint64_t number, unsigned status) {
  const std::lock_guard lock(mutex_);
  if (auto* entry = find_locked(number)) entry->status = status;
}

void Activity::request_ended(std::uint64_t number, std::uint64_t body_bytes) {
  const std::lock_guard lock(mutex_);
  if (auto* entry = find_locked(number)) entry->body_bytes = body_bytes;
  --gauges_.in_progress;
  changed_.notify_all();
}

Activity::Gauges Activity::gauges() const {
  const std::lock_guard lock(mutex_);
  return gauges_;
}

std::vector<LoggedRequest> Activity::requests(const RequestFilter& filter) const {
  const std::lock_guard lock(mutex_);
  std::vector<LoggedRequest> found;
  for (const auto& entry : log_) {
    if (matches(filter, entry.method, entry.project, entry.endpoint)) found.push_back(entry);
  }
  return found;
}

std::size_t Activity::count(const RequestFilter& filter) const {
  const std::lock_guard lock(mutex_);
  return count_locked(filter);
}

std::size_t Activity::count_locked(const RequestFilter& filter) const {
  std::size_t sum = 0;
  for (const auto& [key, count] : counts_) {
    if (matches(filter, std::get<0>(key), std::get<1>(key), std::get<2>(key))) sum += count;
  }
  return sum;
}

void Activity::clear_requests() {
  const std::lock_guard lock(mutex_);
  log_.clear();
  counts_.clear();
  changed_.notify_all();
}

LoggedRequest* Activity::find_locked(std::uint64_t number) {
  if (log_.empty() || number < log_.front().number || number > log_.back().number) return nullptr;
  return &log_[number - log_.front().number];
}

}  // namespace harbor_router::stub
