#include "harbor_router/http/deadlines.hpp"

namespace harbor_router::http {

void Deadline::attach(Deadlines& deadlines, std::function<void()> on_expire) {
  on_expire_ = std::move(on_expire);
  if (!is_linked()) deadlines.attached_.push_back(*this);
}

Deadlines::Deadlines(asio::io_context& context) : timer_(context.get_executor()) {}

void Deadlines::start() {
  stopped_ = false;
  arm();
}

void Deadlines::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Deadlines::arm() {
  timer_.expires_after(period);
  timer_.async_wait([this](error_code error) {
    if (error || stopped_) return;
    sweep(base::Clock::now());
    if (!stopped_) arm();
  });
}

void Deadlines::sweep(base::TimePoint now) {
  for (std::size_t i = 0; i < checks_.size(); ++i)  // a check may add another
    if (const Check check = checks_[i].lock()) (*check)(now);
  std::erase_if(checks_, [](const Check::weak_type& each) { return each.expired(); });
  // on_expire may unlink any entry, so the due ones move to a list of their own first and are taken
  // from its front: whatever is destroyed meanwhile unlinks itself from there.
  List due;
  for (auto at = attached_.begin(); at != attached_.end();) {
    if (at->when_ <= now) {
      Deadline& entry = *at;
      at = attached_.erase(at);
      due.push_back(entry);
    } else {
      ++at;
    }
  }
  while (!due.empty()) {
    Deadline& entry = due.front();
    due.pop_front();
    attached_.push_back(entry);
    entry.clear();
    entry.expired_ = true;
    const std::function<void()> on_expire = entry.on_expire_;
    on_expire();
  }
}

}  // namespace harbor_router::http
