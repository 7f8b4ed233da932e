// The names of what is in Redis, below REDIS_KEY_PREFIX (docs/architecture.md, "Shared mappings").
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::redis {

// "docker.io|library/nginx|1.25": no part has a '|', by its grammar.
[[nodiscard]] inline std::string member_of(const store::Key& key) {
  std::string member(key.hint);
  member += '|';
  member += key.repository;
  member += '|';
  member += key.reference;
  return member;
}

inline constexpr std::size_t longest_member = 3 * 255 + 2;

class Keys {
 public:
  explicit Keys(std::string_view prefix) : prefix_(std::string(prefix) + ':') {}

  [[nodiscard]] std::string mapping(std::string_view member) const {
    return prefix_ + "m:" + std::string(member);
  }
  [[nodiscard]] std::string mapping(const store::Key& key) const { return mapping(member_of(key)); }
  // For SCAN: every mapping.
  [[nodiscard]] std::string all_mappings() const { return glob_quoted(prefix_) + "m:*"; }
  [[nodiscard]] std::string projects() const { return prefix_ + "projects"; }  // a string
  [[nodiscard]] std::string hot() const { return prefix_ + "hot"; }            // a sorted set
  [[nodiscard]] std::string purges() const { return prefix_ + "purge"; }       // a channel
  [[nodiscard]] std::string breakers() const { return prefix_ + "breaker"; }   // a channel

 private:
  static std::string glob_quoted(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
      if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) quoted += '\\';
      quoted += c;
    }
    return quoted;
  }
  std::string prefix_;
};

}  // namespace harbor_router::redis
