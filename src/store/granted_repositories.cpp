#include "harbor_router/store/granted_repositories.hpp"

#include <algorithm>
#include <iterator>

#include "store/key_hash.hpp"

namespace harbor_router::store {

GrantedRepositories::HashedGrant GrantedRepositories::hashed(const Grant& grant) {
  const std::string_view project(reinterpret_cast<const char*>(&grant.project),
                                 sizeof grant.project);
  const KeyHash hash =
      hash_of(Key{.hint = project, .repository = grant.repository, .identity = grant.identity});
  return {grant, hash.identity};
}

void GrantedRepositories::Table::add(Held held) {
  ++of_identity[held.identity];
  by_age.push_front(std::move(held));
  index.insert(by_age.begin());
}

GrantedRepositories::Place GrantedRepositories::Table::drop(Place place) {
  index.erase(place);
  const auto count = of_identity.find(place->identity);
  if (--count->second == 0) of_identity.erase(count);
  return by_age.erase(place);
}

void GrantedRepositories::note(const Grant& grant, base::TimePoint asked) {
  if (settings_.ttl <= std::chrono::nanoseconds::zero() || settings_.capacity == 0) return;
  const HashedGrant at = hashed(grant);
  auto table = held_.lock();
  if (const auto found = table->index.find(at); found != table->index.end()) {
    const Place place = *found;
    place->asked = std::max(place->asked, asked);
    table->by_age.splice(table->by_age.begin(), table->by_age, place);
    return;
  }
  while (!table->by_age.empty() && asked - table->by_age.back().asked >= settings_.ttl)
    table->drop(std::prev(table->by_age.end()));
  if (table->index.size() >= settings_.capacity) table->drop(std::prev(table->by_age.end()));
  table->add({.identity = grant.identity,
              .project = grant.project,
              .repository = std::string(grant.repository),
              .hash = at.hash,
              .asked = asked});
}

void GrantedRepositories::withdraw(const Grant& grant) {
  const HashedGrant at = hashed(grant);
  auto table = held_.lock();
  const auto found = table->index.find(at);
  if (found != table->index.end()) table->drop(*found);
}

void GrantedRepositories::withdraw_all(std::uint64_t identity) {
  auto table = held_.lock();
  for (auto at = table->by_age.begin(); table->of_identity.contains(identity);)
    at = at->identity == identity ? table->drop(at) : std::next(at);
}

bool GrantedRepositories::has(const Grant& grant, base::TimePoint now) {
  const HashedGrant at = hashed(grant);
  auto table = held_.lock();
  const auto found = table->index.find(at);
  return found != table->index.end() && now - (*found)->asked < settings_.ttl;
}

}  // namespace harbor_router::store
