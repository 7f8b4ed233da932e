// Who was given which repository by Harbor lately: the right to an answer that Harbor is not asked
// for.
//
// Invariants: what is granted was given by Harbor to these very credentials less than `ttl` ago; at
// most `capacity` grants are held, the oldest go first. Credentials are known by their keyed hash
// alone. Time comes from the caller. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "harbor_router/base/clock.hpp"
#include "harbor_router/base/guarded.hpp"
#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

struct Grant {
  std::uint64_t identity = 0;  // keyed hash of the credentials
  ProjectId project = 0;
  std::string_view repository;  // of that project
};

struct GrantSettings {
  std::chrono::nanoseconds ttl{0};  // 0: nothing is ever granted
  std::size_t capacity = 100'000;
};

class GrantedRepositories {
 public:
  explicit GrantedRepositories(GrantSettings settings) : settings_(settings) {}

  // Harbor answered 200 to a question asked then.
  void note(const Grant& grant, base::TimePoint asked);
  // Harbor refused, or has it no more.
  void withdraw(const Grant& grant);
  // Harbor does not take these credentials any more.
  void withdraw_all(std::uint64_t identity);
  [[nodiscard]] bool has(const Grant& grant, base::TimePoint now);
  [[nodiscard]] std::size_t size() { return held_.lock()->index.size(); }

 private:
  struct Held {
    std::uint64_t identity = 0;
    ProjectId project = 0;
    std::string repository;
    std::uint32_t hash = 0;
    base::TimePoint asked;
  };
  using Place = std::list<Held>::iterator;
  struct HashedGrant {
    const Grant& grant;
    std::uint32_t hash = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Place& place) const noexcept { return place->hash; }
    std::size_t operator()(const HashedGrant& at) const noexcept { return at.hash; }
  };
  struct Same {
    using is_transparent = void;
    static bool same(const Held& held, const HashedGrant& at) noexcept {
      return held.identity == at.grant.identity && held.project == at.grant.project &&
             held.repository == at.grant.repository;
    }
    bool operator()(const Place& a, const Place& b) const noexcept { return a == b; }
    bool operator()(const Place& a, const HashedGrant& b) const noexcept { return same(*a, b); }
    bool operator()(const HashedGrant& a, const Place& b) const noexcept { return same(*b, a); }
  };
  struct Table {
    std::list<Held> by_age;  // noted last first
    std::unordered_set<Place, Hash, Same> index;
    // How many there are of each, so that made-up credentials cost no search.
    std::unordered_map<std::uint64_t, std::size_t> of_identity;
    void add(Held held);
    Place drop(Place place);  // returns the one after it
  };

  [[nodiscard]] static HashedGrant hashed(const Grant& grant);

  GrantSettings settings_;
  base::Guarded<Table> held_;
};

}  // namespace harbor_router::store
