#include "harbor_router/routing/resolver.hpp"

namespace harbor_router::routing {

const char* to_string(CacheState state) noexcept {
  switch (state) {
    case CacheState::none:
      return "";
    case CacheState::hit:
      return "hit";
    case CacheState::stale:
      return "stale";
    case CacheState::miss:
      return "miss";
    case CacheState::negative:
      return "negative";
  }
  return "";
}

Resolver::Resolver(Core& core, harbor::Upstream& upstream, http::Executor executor,
                   ResolverSettings settings)
    : core_(core), upstream_(upstream), executor_(std::move(executor)), settings_(settings) {}

http::Awaitable<harbor::Answer> Resolver::ask(Candidate candidate, harbor::Question question) {
  return upstream_.ask(std::move(candidate.project), std::move(candidate.repository),
                       std::move(question));
}

}  // namespace harbor_router::routing
