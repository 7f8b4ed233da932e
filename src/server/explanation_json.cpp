#include "server/explanation_json.hpp"

#include "harbor_router/oci/manifest_children.hpp"

namespace harbor_router::server {

namespace {

using Kind = routing::Verdict::Kind;
using Ground = routing::Explanation::Ground;

constexpr const char* no_project_known = "no proxy-cache project is known";

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::round<std::chrono::microseconds>(duration))
      .count();
}

// unanswered: what a project is said to be that has not answered.
Json row_json(const routing::Candidate& candidate, const harbor::Answer* answer,
              std::string_view unanswered) {
  const harbor::Project& project = *candidate.project;
  Json row = {{"project", project.name},
              {"registry", project.registry ? text_or_null(project.registry->host) : Json(nullptr)},
              {"upstream_repository", candidate.repository}};
  if (answer == nullptr) {
    row.update({{"status", nullptr}, {"outcome", unanswered}, {"duration_ms", nullptr}});
    row["digest"] = nullptr;
    return row;
  }
  row["status"] = answer->status == 0 ? Json(nullptr) : Json(answer->status);
  row["outcome"] = harbor::to_string(answer->outcome);
  row["duration_ms"] = milliseconds(answer->duration);
  row["digest"] = answer->digest ? Json(answer->digest->str()) : Json(nullptr);
  if (!answer->detail.empty()) row["detail"] = answer->detail;
  return row;
}

std::size_t count_of(const routing::Explanation& explained, harbor::Outcome outcome) {
  std::size_t count = 0;
  for (const auto& answer : explained.answers)
    if (answer && answer->outcome == outcome) ++count;
  return count;
}

std::string projects_counted(std::size_t count) {
  return count == 1 ? "1 project" : std::to_string(count) + " projects";
}

std::string chosen_reason(const routing::Explanation& explained) {
  const std::size_t asked = explained.candidates.size();
  const std::size_t hits = count_of(explained, harbor::Outcome::hit);
  const std::size_t misses = count_of(explained, harbor::Outcome::miss);
  if (asked == 1) return "the only project that may have it, and it does";
  if (hits == 1 && misses + 1 == asked)
    return "the only one of " + projects_counted(asked) + " that has it";
  if (hits == 1) return "the first of " + projects_counted(asked) + " to say that it has it";
  return "the first of the " + projects_counted(hits) + " that have it to say so";
}

std::string said_by(const routing::Explanation& explained) {
  const std::size_t index = explained.verdict.index;
  if (index >= explained.candidates.size()) return "";
  std::string text = explained.candidates[index].project->name;
  const auto& answer = explained.answers[index];
  if (!answer) return text + " has not answered";
  text += ": ";
  if (!answer->detail.empty()) return text + answer->detail;
  return text + (answer->status == 0 ? std::string(harbor::to_string(answer->outcome))
                                     : "status " + std::to_string(answer->status));
}

// The one decided for was waited for, since it had the tag when its mapping lapsed.
bool was_last_known(const routing::Explanation& explained) {
  const std::size_t index = explained.verdict.index;
  return explained.ground == Ground::fan_out && explained.remembered &&
         explained.remembered->state == store::State::lapsed &&
         index < explained.candidates.size() &&
         explained.candidates[index].project->id == explained.remembered->project &&
         !oci::Digest::is_one(explained.remembered->reference);
}

}  // namespace

const char* to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::waiting:
      return "waiting";
    case Kind::chosen:
      return "chosen";
    case Kind::not_found:
      return "not_found";
    case Kind::refused:
      return "refused";
    case Kind::all_refused:
      return "all_refused";
    case Kind::blocked:
      return "blocked";
    case Kind::limited:
      return "limited";
    case Kind::timed_out:
      return "timed_out";
    case Kind::failed:
      return "failed";
    case Kind::unavailable:
      return "unavailable";
    case Kind::no_candidate:
      return "no_candidate";
  }
  return "?";
}

std::string reason_of(const routing::Explanation& explained) {
  if (explained.ground == Ground::absence)
    return "remembered as absent, for " + std::to_string(explained.remembered->expires_in.count()) +
           "s more";
  const std::string remembered =
      explained.ground == Ground::mapping ? "a mapping names this project; " : "";
  const std::string asked = projects_counted(explained.candidates.size());
  switch (explained.verdict.kind) {
    case Kind::chosen:
      if (explained.ground == Ground::mapping) return "a mapping names this project, and it has it";
      if (was_last_known(explained)) return "the last one known to have it, and it still does";
      return chosen_reason(explained);
    case Kind::not_found:
      return "none of " + asked + " has it";
    case Kind::refused:
      return "refused by " + projects_counted(count_of(explained, harbor::Outcome::refused)) +
             " of " + std::to_string(explained.candidates.size()) + ", the others do not have it";
    case Kind::all_refused:
      if (explained.ground == Ground::mapping)
        return remembered + "it refuses (" + said_by(explained) + "), and a pull asks no other";
      return "refused by every one of " + asked;
    case Kind::blocked:
      return remembered + "a policy forbids it (" + said_by(explained) + ")";
    case Kind::limited:
    case Kind::timed_out:
    case Kind::failed:
    case Kind::unavailable:
      if (explained.candidates.empty()) return no_project_known;
      if (was_last_known(explained))
        return "a tag does not move while the last project known to have it cannot say (" +
               said_by(explained) + ")";
      if (explained.ground == Ground::mapping)
        return remembered + "it cannot say (" + said_by(explained) + "), and a pull asks no other";
      return "no project has it for sure, and one cannot say (" + said_by(explained) + ")";
    case Kind::no_candidate:
      return "no proxy-cache project mirrors its registry";
    case Kind::waiting:
      break;
  }
  return "";
}

std::string past_fan_out(std::size_t count) {
  return count == 0 ? std::string()
                    : "; " + std::to_string(count) + " more not asked, past MAX_FANOUT_PROJECTS";
}

Json explanation_json(const AskedImage& image, const routing::Explanation& explained,
                      const ToldOf& told) {
  const bool chosen = explained.verdict.kind == Kind::chosen;
  const bool nothing_known =
      explained.verdict.kind == Kind::no_candidate && image.subject.hint.empty();
  std::string reason = nothing_known ? no_project_known : reason_of(explained);
  if (explained.ground == Ground::fan_out) reason += past_fan_out(told.past_fan_out);
  if (!image.assumed.empty()) reason += "; " + image.assumed;
  const std::size_t index = explained.verdict.index;
  const harbor::Answer* answer = chosen ? explained.answers[index].get() : nullptr;
  Json json = {
      {"image", image.text},
      {"reference", image.reference},
      {"project", chosen ? Json(explained.candidates[index].project->name) : Json(nullptr)},
      {"digest", answer != nullptr && answer->digest ? Json(answer->digest->str()) : Json(nullptr)},
      {"media_type", answer != nullptr ? text_or_null(answer->content_type) : Json(nullptr)},
      {"verdict", to_string(explained.verdict.kind)},
      {"reason", reason},
      {"cache", explained.remembered ? store::to_string(explained.remembered->state)
                                     : store::to_string(store::State::absent)},
      {"conflict", !explained.conflicts.empty()},
      {"past_fan_out", told.past_fan_out},
      {"duration_ms", milliseconds(told.duration)},
      {"projects", Json::array()}};
  const std::string_view unanswered = explained.ground == Ground::fan_out ? "pending" : "not_asked";
  for (std::size_t i = 0; i < explained.candidates.size(); ++i)
    json["projects"].push_back(
        row_json(explained.candidates[i], explained.answers[i].get(), unanswered));
  return json;
}

Json manifest_json(const harbor::Answer& answer) {
  Json json = {{"media_type", answer.content_type},
               {"digest", answer.digest ? Json(answer.digest->str()) : Json(nullptr)},
               {"size", answer.body ? answer.body->size() : 0}};
  const auto children = answer.body ? oci::manifest_children(*answer.body)
                                    : base::Result<oci::ManifestChildren>(oci::ManifestChildren{});
  if (!children) return json;
  if (!children->manifests.empty()) {
    json["platforms"] = Json::array();
    for (const oci::Descriptor& child : children->manifests)
      json["platforms"].push_back({{"platform", text_or_null(child.platform)},
                                   {"digest", child.digest.str()},
                                   {"size", child.size}});
  }
  if (!children->layers.empty()) {
    json["layers"] = Json::array();
    for (const oci::Descriptor& layer : children->layers)
      json["layers"].push_back({{"media_type", text_or_null(layer.media_type)},
                                {"digest", layer.digest.str()},
                                {"size", layer.size}});
  }
  return json;
}

}  // namespace harbor_router::server
