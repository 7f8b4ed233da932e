#include "server/explain_image.hpp"

#include <algorithm>

#include "harbor_router/oci/manifest_children.hpp"
#include "server/authentication.hpp"

namespace harbor_router::server {

namespace {

using base::Errc;
using Kind = routing::Verdict::Kind;

// The child of an index for a platform, as clients choose it: the first that fits.
std::optional<oci::Digest> child_for(const harbor::Answer& index, std::string_view platform) {
  const auto children = oci::manifest_children(*index.body);
  if (!children) return std::nullopt;
  for (const oci::Descriptor& child : children->manifests)
    if (child.platform == platform || child.platform.starts_with(std::string(platform) + '/'))
      return child.digest;
  return std::nullopt;
}

// Fetches from the chosen project and puts what came into json; what GET says wins over HEAD.
http::Awaitable<> add_manifest(Worker& worker, routing::Candidate candidate, routing::Pull pull,
                               std::string platform, Json& json) {
  routing::OwnAnswer answer =
      co_await worker.resolver.ask_project(candidate, pull.question, routing::Asker::onlooker);
  if (answer->outcome == harbor::Outcome::hit && !platform.empty()) {
    const auto child = child_for(*answer, platform);
    const bool is_index = answer->body && answer->body->find("\"manifests\"") != std::string::npos;
    if (child) {
      pull.question.reference = child->str();
      answer =
          co_await worker.resolver.ask_project(candidate, pull.question, routing::Asker::onlooker);
    } else if (is_index) {
      json["verdict"] = to_string(Kind::not_found);
      json["reason"] = "its index has no manifest for " + platform;
      co_return;
    }
  }
  if (answer->outcome != harbor::Outcome::hit) {
    json["verdict"] =
        to_string(answer->outcome == harbor::Outcome::miss ? Kind::failed
                                                           : routing::verdict_of(answer->outcome));
    json["reason"] = "HEAD said yes, and GET " +
                     (answer->status == 0 ? answer->detail : std::to_string(answer->status));
    co_return;
  }
  if (platform.empty()) json["digest"] = answer->digest->str();
  json["manifest"] = manifest_json(*answer);
}

RouterNames names_of(const Settings& settings, std::string asked_at) {
  return {.paths = settings.paths,
          .public_host = settings.public_url ? settings.public_url->host_field() : std::string(),
          .asked_at = std::move(asked_at)};
}

// How many may have it but are not asked, since so many are.
std::size_t past_fan_out_of(const routing::Subject& subject, const harbor::ProjectList& projects,
                            const UpstreamSettings& upstream) {
  const std::size_t all = routing::candidates_for(subject, projects, projects.size()).size();
  return all - std::min(all, upstream.max_fanout);
}

}  // namespace

http::Awaitable<base::Result<Document>> explain_image(Worker& worker, ImageQuestion question) {
  Shared& shared = worker.shared;
  const base::TimePoint start = base::Clock::now();
  const auto projects = shared.core.projects.get();
  if (!projects)
    co_return base::failure(Errc::unexpected_answer, "no proxy-cache project is known yet");
  const RouterNames names = names_of(shared.settings, question.asked_at);
  const auto image = asked_image(question.image, names, *projects);
  if (!image) co_return image.error();
  harbor::CredentialsPointer credentials = shared.service_credentials;
  if (!question.basic.empty()) {
    routing::Subject subject = image->subject;
    auto person =
        co_await credentials_for_password(worker, question.basic, std::move(subject), projects);
    if (!person) co_return person.error();
    credentials = *person;
  }
  const routing::Pull pull = pull_of(*image, credentials);
  routing::Pull asked = pull;
  auto explained = co_await worker.resolver.explain(std::move(asked), question.wait);
  const ToldOf told{
      .past_fan_out = past_fan_out_of(image->subject, *projects, shared.settings.upstream),
      .duration = base::Clock::now() - start};
  Json json = explanation_json(*image, explained, told);
  const bool fetches = question.fetch == ImageQuestion::Fetch::manifest;
  if (fetches && explained.verdict.kind == Kind::chosen) {
    routing::Candidate candidate = explained.candidates[explained.verdict.index];
    routing::Pull whole = pull;
    co_await add_manifest(worker, std::move(candidate), std::move(whole), question.platform, json);
  }
  co_return Document{std::move(json)};
}

base::Result<Document> planned_requests(Worker& worker, const ImageQuestion& question) {
  const Shared& shared = worker.shared;
  const auto projects = worker.shared.core.projects.get();
  const auto image =
      asked_image(question.image, names_of(shared.settings, question.asked_at), *projects);
  if (!image) return image.error();
  routing::Explanation planned;
  planned.candidates =
      routing::candidates_for(image->subject, *projects, shared.settings.upstream.max_fanout);
  planned.answers.resize(planned.candidates.size());
  planned.verdict.kind = planned.candidates.empty() ? Kind::no_candidate : Kind::waiting;
  const std::size_t left_out = past_fan_out_of(image->subject, *projects, shared.settings.upstream);
  Json json = explanation_json(*image, planned, {.past_fan_out = left_out});
  if (!planned.candidates.empty())
    json["reason"] = "not asked: all at once by HEAD, then GET from the first that has it" +
                     past_fan_out(left_out) + (image->assumed.empty() ? "" : "; " + image->assumed);
  json["rules"] = image->subject.hint.empty()
                      ? "no registry is named, so every project is a candidate"
                      : "only projects that mirror " + image->subject.hint + " are candidates";
  const std::string url = shared.settings.upstream.harbor.url();
  for (std::size_t i = 0; i < planned.candidates.size(); ++i) {
    const routing::Candidate& candidate = planned.candidates[i];
    json["projects"][i]["outcome"] = "not_asked";
    json["projects"][i]["request"] = "HEAD " + url + "/v2/" + candidate.project->name + '/' +
                                     candidate.repository + "/manifests/" + image->reference;
  }
  return Document{std::move(json)};
}

}  // namespace harbor_router::server
