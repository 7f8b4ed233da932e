// Threads, the accept loop, and the control of a running stand-in.
#include "harbor_router/stub/stand_in.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "stub/session.hpp"

namespace harbor_router::stub {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A bug in one session ends that session and is said aloud.
void report(std::exception_ptr bug) {
  if (!bug) return;
  try {
    std::rethrow_exception(bug);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stand-in Harbor: session ended by: %s\n", error.what());
  }
}

asio::awaitable<void> accept_clients(tcp::acceptor& acceptor, Shared shared) {
  asio::steady_timer timer(acceptor.get_executor());
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // out of descriptors, mostly: go on a little later
      timer.expires_after(std::chrono::milliseconds(100));
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    asio::co_spawn(acceptor.get_executor(), run_session(std::move(socket), shared), report);
  }
}

Harbor harbor_of(Options& options) {
  Harbor harbor;
  harbor.accounts = std::move(options.accounts);
  harbor.token_life = options.token_life;
  harbor.caching = options.caching;
  for (auto& project : options.projects) put_project(harbor, std::move(project));
  options.projects.clear();
  return harbor;
}

}  // namespace

struct StandIn::Parts {
  // Sessions use what is declared above io; destroying io ends them.
  base::Guarded<Harbor> harbor;
  FaultRules faults;
  Activity activity;
  asio::io_context io;
  tcp::acceptor acceptor{io};
  std::uint16_t port = 0;
  std::vector<std::jthread> threads;

  explicit Parts(Options& options) : harbor(harbor_of(options)), activity(options.log_limit) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), options.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    port = acceptor.local_endpoint().port();
  }
  ~Parts() {
    io.stop();
    threads.clear();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
};

StandIn::StandIn(Options options) : parts_(std::make_unique<Parts>(options)) {
  const Shared shared{.harbor = parts_->harbor,
                      .faults = parts_->faults,
                      .activity = parts_->activity,
                      .http_control = options.http_control == HttpControl::on ? this : nullptr};
  asio::co_spawn(parts_->io, accept_clients(parts_->acceptor, shared), report);
  for (int i = 0; i < options.threads; ++i) {
    parts_->threads.emplace_back([&io = parts_->io] { io.run(); });
  }
}

StandIn::~StandIn() = default;

std::uint16_t StandIn::port() const noexcept {
  return parts_->port;
}
std::string StandIn::authority() const {
  return "127.0.0.1:" + std::to_string(parts_->port);
}
std::string StandIn::url() const {
  return "http://" + authority();
}

void StandIn::add_project(Project project) {
  put_project(*parts_->harbor.lock(), std::move(project));
}

void StandIn::remove_project(std::string_view name) {
  auto harbor = parts_->harbor.lock();
  if (harbor->projects.erase(std::string(name)) == 0) {
    throw std::invalid_argument("no such project: " + std::string(name));
  }
}

void StandIn::set_visibility(std::string_view project, Visibility visibility) {
  parts_->harbor.lock()->project(project).settings.visibility = visibility;
}

void StandIn::set_registry_status(std::string_view project, std::string_view status) {
  auto harbor = parts_->harbor.lock();
  auto& registry = harbor->project(project).settings.registry;
  if (!registry) throw std::invalid_argument("no proxy project: " + std::string(project));
  registry->status = status;
}

void StandIn::set_upstream(std::string_view project, UpstreamState state) {
  parts_->harbor.lock()->project(project).upstream = state;
}

void StandIn::set_blob_delivery(std::string_view project, BlobDelivery delivery) {
  parts_->harbor.lock()->project(project).settings.blob_delivery = delivery;
}

void StandIn::add_image(const ImageName& name, const Image& image) {
  auto harbor = parts_->harbor.lock();
  auto& project = harbor->project(name.project);
  put_image(project.repositories[name.repository], name.tag, image, !project.settings.registry);
}

void StandIn::add_blob(const ImageName& name, const Blob& blob) {
  auto harbor = parts_->harbor.lock();
  auto& project = harbor->project(name.project);
  project.repositories[name.repository].blobs.insert_or_assign(
      blob.digest.str(), HeldBlob{.blob = blob, .local = !project.settings.registry});
}

void StandIn::add_referrer(const ImageName& name, const Referrer& referrer) {
  auto harbor = parts_->harbor.lock();
  auto& repository = harbor->repository(name);
  repository.referrers.push_back(referrer);
  repository.manifests.try_emplace(
      referrer.manifest.digest.str(),
      HeldManifest{.manifest = referrer.manifest, .local = false, .violates_policy = false});
}

void StandIn::remove_tag(const ImageName& name) {
  auto harbor = parts_->harbor.lock();
  auto& repository = harbor->repository(name);
  repository.tags.erase(name.tag);
  repository.local_tags.erase(name.tag);
}

void StandIn::cache(const ImageName& name) {
  auto harbor = parts_->harbor.lock();
  auto& repository = harbor->repository(name);
  const auto tag = repository.tags.find(name.tag);
  if (tag == repository.tags.end()) throw std::invalid_argument("no such tag: " + name.tag);
  make_local(repository, std::string(tag->second));
}

void StandIn::forget_cached(std::string_view project) {
  auto harbor = parts_->harbor.lock();
  forget_local(harbor->project(project));
}

void StandIn::violate_policy(const ImageName& name) {
  auto harbor = parts_->harbor.lock();
  auto& repository = harbor->repository(name);
  const auto tag = repository.tags.find(name.tag);
  if (tag == repository.tags.end()) throw std::invalid_argument("no such tag: " + name.tag);
  repository.manifests.at(tag->second).violates_policy = true;
}

CacheJobs StandIn::cache_jobs(std::string_view project) const {
  return parts_->harbor.lock()->project(project).cache_jobs;
}

void StandIn::invalidate_tokens() {
  parts_->harbor.lock()->tokens.clear();
}

void StandIn::set_fault(FaultScope scope, Fault fault) {
  parts_->faults.set(std::move(scope), std::move(fault));
}
void StandIn::clear_faults() {
  parts_->faults.clear();
}
void StandIn::clear_faults(std::string_view project) {
  parts_->faults.clear(project);
}

std::vector<LoggedRequest> StandIn::requests() const {
  return parts_->activity.requests({});
}
std::vector<LoggedRequest> StandIn::requests(const RequestFilter& filter) const {
  return parts_->activity.requests(filter);
}
std::size_t StandIn::count(const RequestFilter& filter) const {
  return parts_->activity.count(filter);
}
void StandIn::clear_requests() {
  parts_->activity.clear_requests();
}
std::size_t StandIn::connections_accepted() const {
  return parts_->activity.gauges().accepted;
}
std::size_t StandIn::open_connections() const {
  return parts_->activity.gauges().open;
}
std::size_t StandIn::requests_in_progress() const {
  return parts_->activity.gauges().in_progress;
}

bool StandIn::wait_for(const AtLeast& seen, std::chrono::milliseconds limit) const {
  return parts_->activity.wait(limit, [&seen](const Activity& activity) {
    return activity.count_locked(seen.filter) >= seen.requests;
  });
}

bool StandIn::wait_until_open_connections(std::size_t at_most,
                                          std::chrono::milliseconds limit) const {
  return parts_->activity.wait(limit, [at_most](const Activity& activity) {
    return activity.gauges_locked().open <= at_most;
  });
}

bool StandIn::wait_until_in_progress(std::size_t at_most, std::chrono::milliseconds limit) const {
  return parts_->activity.wait(limit, [at_most](const Activity& activity) {
    return activity.gauges_locked().in_progress <= at_most;
  });
}

}  // namespace harbor_router::stub
