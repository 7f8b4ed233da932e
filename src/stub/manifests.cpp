// Manifests, tags and referrers of a project, cached or not (facts/harbor.md sections 2 and 4).
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/oci/name.hpp"
#include "stub/handlers.hpp"

namespace harbor_router::stub {
namespace {

using nlohmann::json;

bool is_tag(const std::string& reference) {
  return !oci::Digest::parse(reference).has_value();
}

std::string absent_upstream(const Route& at) {
  return fmt::format("repo {}/{}, tag {} not found", at.project, at.repository, at.reference);
}
std::string absent_locally(const Route& at) {
  return fmt::format("artifact {}/{}:{} not found", at.project, at.repository, at.reference);
}

std::optional<std::string> find_tag(const std::map<std::string, std::string, std::less<>>& tags,
                                    const std::string& tag) {
  const auto found = tags.find(tag);
  return found == tags.end() ? std::nullopt : std::optional(found->second);
}

// Three sources with headers of their own: section 4's table.
enum class Source { upstream, redis_index, local };

Answer with_manifest(const Request& request, const HeldManifest& held, Source source) {
  const std::string& digest = held.manifest.digest.str();
  const std::string quoted = fmt::format("\"{}\"", digest);
  Answer answer;
  if (source == Source::local) {
    answer.set("Docker-Distribution-Api-Version", "registry/2.0");
    answer.set("Docker-Content-Digest", digest);
    answer.set("Etag", quoted);
    if (request.header("If-None-Match") == quoted) {
      answer.status = 304;
      return answer;
    }
  } else {
    const bool unnamed =
        source == Source::upstream && !request.is_head() && is_tag(request.route.reference);
    answer.set("Docker-Content-Digest", unnamed ? "" : digest);
    answer.set("Etag", unnamed ? "" : digest);
  }
  answer.set("Content-Type", held.manifest.media_type);
  answer.append(held.manifest.bytes);
  return answer;
}

Answer serve_local(const Request& request, const HeldManifest& held) {
  const bool is_index =
      held.manifest.media_type == oci::oci_index || held.manifest.media_type == oci::docker_list;
  if (is_index) return with_manifest(request, held, Source::redis_index);
  if (held.violates_policy) {
    return harbor_error_with_code(
        412, "PROJECTPOLICYVIOLATION",
        "current image with 1 vulnerabilities cannot be pulled due to configured policy in "
        "'Prevent images with vulnerability severity of \"High\" or higher from running.'");
  }
  return with_manifest(request, held, Source::local);
}

// What Harbor does when the registry behind it gives no useful answer.
Answer fall_back(const Place& place, const Request& request) {
  const Route& at = request.route;
  if (place.repository != nullptr) {
    const auto digest = is_tag(at.reference) ? find_tag(place.repository->local_tags, at.reference)
                                             : std::optional(at.reference);
    const auto held =
        digest ? place.repository->manifests.find(*digest) : place.repository->manifests.end();
    if (held != place.repository->manifests.end() && held->second.local) {
      return serve_local(request, held->second);
    }
  }
  const bool healthy =
      place.project.settings.registry && place.project.settings.registry->status == "healthy";
  if (healthy && place.project.upstream == UpstreamState::rate_limited) {
    return harbor_error(429, "too many requests to the upstream registry");
  }
  return harbor_error(404, absent_locally(at));
}

}  // namespace

Answer manifest_answer(const Place& place, const Request& request) {
  const Route& at = request.route;
  const bool asks_upstream = place.project.settings.registry &&
                             place.project.settings.registry->status == "healthy" &&
                             place.project.upstream == UpstreamState::answering;
  if (!asks_upstream) return fall_back(place, request);
  if (place.repository == nullptr) return harbor_error(404, absent_upstream(at));
  HeldRepository& repository = *place.repository;
  const auto digest =
      is_tag(at.reference) ? find_tag(repository.tags, at.reference) : std::optional(at.reference);
  const auto found = digest ? repository.manifests.find(*digest) : repository.manifests.end();
  if (found == repository.manifests.end()) return harbor_error(404, absent_upstream(at));
  if (found->second.local) return serve_local(request, found->second);
  Answer answer = with_manifest(request, found->second, Source::upstream);
  if (!request.is_head()) {
    ++place.project.cache_jobs.manifests;
    if (place.harbor.caching == Caching::on_get) make_local(repository, *digest);
  }
  return answer;
}

Answer tags_answer(const Place& place, const Request& request) {
  std::vector<std::string> tags;
  if (place.repository != nullptr) {
    const bool asks_upstream =
        place.project.upstream == UpstreamState::answering &&
        (!place.project.settings.registry || place.project.settings.registry->status == "healthy");
    const auto& held = asks_upstream ? place.repository->tags : place.repository->local_tags;
    for (const auto& [tag, digest] : held) tags.push_back(tag);
  }
  return tags_page(request, tags);
}

Answer tags_page(const Request& request, const std::vector<std::string>& tags) {
  const std::string name = request.route.project + "/" + request.route.repository;
  const std::string limit_text = request.parameter("n");
  std::size_t limit = tags.size();
  if (!limit_text.empty()) {
    const auto* end = limit_text.data() + limit_text.size();
    if (std::from_chars(limit_text.data(), end, limit).ptr != end) {
      return harbor_error(400, "the N must be a non-negative number");
    }
  }
  const auto first = std::upper_bound(tags.begin(), tags.end(), request.parameter("last"));
  const auto left = static_cast<std::size_t>(tags.end() - first);
  const std::vector<std::string> page(first,
                                      first + static_cast<std::ptrdiff_t>(std::min(limit, left)));
  Answer answer = json_answer(200, json{{"name", name}, {"tags", page}}.dump() + "\n");
  if (!page.empty() && page.size() < left) {
    answer.set("Link", fmt::format("</v2/{}/tags/list?last={}&n={}>; rel=\"next\"", name,
                                   percent_encoded(page.back()), limit));
  }
  return answer;
}

Answer referrers_answer(const Place& place, const Request& request) {
  const Route& at = request.route;
  const bool proxied = place.project.settings.referrers == ReferrersApi::proxied;
  if (proxied && place.repository == nullptr) return harbor_error(404, absent_upstream(at));
  const std::string artifact_type = request.parameter("artifactType");
  std::vector<const Referrer*> found;
  if (place.repository != nullptr && (proxied || !place.project.settings.registry)) {
    for (const auto& referrer : place.repository->referrers) {
      if (referrer.subject.str() == at.reference &&
          (artifact_type.empty() || artifact_type == referrer.artifact_type)) {
        found.push_back(&referrer);
      }
    }
  }
  std::size_t start = 0;
  const std::string start_text = request.parameter("start", "0");
  std::from_chars(start_text.data(), start_text.data() + start_text.size(), start);
  const std::size_t end =
      std::min(found.size(), start + place.project.settings.referrers_page_size);
  json index{{"schemaVersion", 2}, {"mediaType", oci::oci_index}, {"manifests", json::array()}};
  for (std::size_t i = std::min(start, end); i < end; ++i) {
    index["manifests"].push_back({{"mediaType", found[i]->manifest.media_type},
                                  {"digest", found[i]->manifest.digest.str()},
                                  {"size", found[i]->manifest.bytes.size()},
                                  {"artifactType", found[i]->artifact_type}});
  }
  Answer answer;
  answer.set("Content-Type", oci::oci_index);
  if (!artifact_type.empty()) answer.set("OCI-Filters-Applied", "artifactType");
  if (end < found.size()) {
    const std::string filter =
        artifact_type.empty() ? "" : "artifactType=" + percent_encoded(artifact_type) + "&";
    answer.set("Link", fmt::format("</v2/{}/{}/referrers/{}?{}start={}>; rel=\"next\"", at.project,
                                   at.repository, at.reference, filter, end));
  }
  answer.append(index.dump());
  return answer;
}

}  // namespace harbor_router::stub
