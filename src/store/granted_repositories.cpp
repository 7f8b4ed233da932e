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

void GrantedRepositories::Table::drop_oldest() {
  index.erase(std::prev(by_age.end()));
  by_age.pop_back();
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
    table->drop_oldest();
  if (table->index.size() >= settings_.capacity) table->drop_oldest();
  table->by_age.push_front({.identity = grant.identity,
                            .project = grant.project,
                            .repository = std::string(grant.repository),
                            .hash = at.hash,
                            .asked = asked});
  table->index.insert(table->by_age.begin());
}

void GrantedRepositories::withdraw(const Grant& grant) {
  const HashedGrant at = hashed(grant);
  auto table = held_.lock();
  const auto found = table->index.find(at);
  if (found == table->index.end()) return;
  const Place place = *found;
  table->index.erase(found);
  table->by_age.erase(place);
}

bool GrantedRepositories::has(const Grant& grant, base::TimePoint now) {
  const HashedGrant at = hashed(grant);
  auto table = held_.lock();
  const auto found = table->index.find(at);
  return found != table->index.end() && now - (*found)->asked < settings_.ttl;
}

}  // namespace harbor_router::store
