// The seam between the resolver and what replicas know together. Null without Redis.
//
// Belongs to the resolver's thread. find() may wait, but no longer than REDIS_TIMEOUT, and never
// fails: nothing found is nothing known. The others return at once. What is found came from another
// version, or from anybody who can write there: it is checked by its grammar before it comes here,
// and by the resolver against the projects there are.
#pragma once

#include <optional>
#include <string>

#include "harbor_router/http/asio.hpp"
#include "harbor_router/store/record.hpp"

namespace harbor_router::routing {

class SharedMappings {
 public:
  struct Wanted {
    std::string hint, repository;
    std::string reference;       // empty: the repository as a whole alone
    bool or_repository = false;  // with a reference: the repository too, in the same question
  };
  struct Found {
    std::optional<store::Record> reference, repository;
  };

  virtual ~SharedMappings() = default;
  [[nodiscard]] virtual http::Awaitable<Found> find(Wanted wanted) = 0;
  virtual void publish(const store::Record& record) = 0;
  virtual void forget(const store::Key& key) = 0;
  // Counts a value found that the list of projects contradicts.
  virtual void ignored() = 0;
};

}  // namespace harbor_router::routing
