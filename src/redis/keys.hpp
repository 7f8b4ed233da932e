// The names of what is in Redis, below REDIS_KEY_PREFIX (docs/architecture.md, "Shared mappings").
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/store/image_pattern.hpp"

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

// The same read back; what is of another shape is one name, which only a pattern for all matches.
[[nodiscard]] inline store::Key key_of(std::string_view member) {
  const std::size_t first = member.find('|'), last = member.rfind('|');
  if (first == last || member.find('|', first + 1) != last) return {.repository = member};
  return {.hint = member.substr(0, first),
          .repository = member.substr(first + 1, last - first - 1),
          .reference = member.substr(last + 1)};
}

// A channel's message: "1 " and what is said, for which this is room: a pattern or a project.
inline constexpr std::size_t longest_said = store::ImagePattern::longest;

[[nodiscard]] inline std::string message_of(std::string_view said) {
  return "1 " + std::string(said);
}
// Nothing: of another version, or longer than anybody says it.
[[nodiscard]] inline std::optional<std::string> said_in(std::string_view message) {
  if (!message.starts_with("1 ") || message.size() > longest_said + 2) return std::nullopt;
  return std::string(message.substr(2));
}

class Keys {
 public:
  explicit Keys(std::string_view prefix) : prefix_(std::string(prefix) + ':') {}

  [[nodiscard]] std::string mapping(std::string_view member) const {
    return prefix_ + "m:" + std::string(member);
  }
  [[nodiscard]] std::string mapping(const store::Key& key) const { return mapping(member_of(key)); }
  // The mapping a key is of; nothing: it is of something else. Views the name.
  [[nodiscard]] std::optional<store::Key> mapping_in(std::string_view name) const {
    const std::string start = mapping("");
    if (!name.starts_with(start)) return std::nullopt;
    return key_of(name.substr(start.size()));
  }
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
