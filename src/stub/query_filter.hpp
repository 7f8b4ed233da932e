// q= of GET /projects (lib/q of Harbor): key=value, key=~fuzzy, key=[min~max] with open ends,
// key={a b}; comma-separated. Keys it does not know are ignored, as Harbor does. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stub/harbor.hpp"

namespace harbor_router::stub {

class ProjectFilter {
 public:
  // nullopt: no query of that grammar (400).
  [[nodiscard]] static std::optional<ProjectFilter> parse(std::string_view q);
  // The older parameters name= (fuzzy) and public=; empty: not given.
  void also(std::string_view name, std::string_view is_public);
  [[nodiscard]] bool matches(const HeldProject& project) const;

 private:
  struct Term {
    std::string key;
    std::string value;  // as written after "="
  };
  std::vector<Term> terms_;
};

}  // namespace harbor_router::stub
