// What an operator is told, as JSON: the one form of resolve -o json, of its table, and of
// /debug/resolve. Pure.
#pragma once

#include <chrono>
#include <string>

#include "harbor_router/harbor/discovery.hpp"
#include "harbor_router/server/document.hpp"
#include "server/asked_image.hpp"

namespace harbor_router::server {

struct ToldOf {
  std::size_t past_fan_out = 0;  // projects that might have it, but for MAX_FANOUT_PROJECTS
  std::chrono::nanoseconds duration{0};
};
[[nodiscard]] Json explanation_json(const AskedImage& image, const routing::Explanation& explained,
                                    const ToldOf& told);
// "; 3 more not asked, past MAX_FANOUT_PROJECTS"; empty where there are none.
[[nodiscard]] std::string past_fan_out(std::size_t count);
// Why the verdict is what it is, in one sentence without a full stop.
[[nodiscard]] std::string reason_of(const routing::Explanation& explained);
// "chosen", "not_found", "refused", ...
[[nodiscard]] const char* to_string(routing::Verdict::Kind kind) noexcept;

// Of a manifest's bytes: media type, size, platforms of an index or layers of an image.
[[nodiscard]] Json manifest_json(const harbor::Answer& answer);

// {"harbor","version","projects":[...],"warnings":[]}; excluded: by max_fanout, the last by name.
struct DiscoveredFacts {
  std::string harbor;   // its URL
  std::string version;  // empty: not told
  std::size_t max_fanout = 50;
};
[[nodiscard]] Json projects_json(const harbor::ProjectList& projects,
                                 const std::vector<std::string>& warnings,
                                 const DiscoveredFacts& facts);
// The way back: what projects_json wrote. Failure(invalid) names what is missing.
[[nodiscard]] base::Result<std::vector<harbor::Project>> projects_of_json(const Json& written);

}  // namespace harbor_router::server
