// A pull: the path becomes a question, the resolver finds who answers it, the answer goes out.
#include "harbor_router/oci/query.hpp"
#include "server/authentication.hpp"
#include "server/blob_stream.hpp"
#include "server/challenge.hpp"
#include "server/pull_reply.hpp"
#include "server/request.hpp"
#include "server/verdict_reply.hpp"

namespace harbor_router::server {

namespace {

RequestType type_of(oci::Endpoint endpoint) {
  switch (endpoint) {
    case oci::Endpoint::manifests:
      return RequestType::manifest;
    case oci::Endpoint::blobs:
      return RequestType::blob;
    case oci::Endpoint::tags:
      return RequestType::tags;
    case oci::Endpoint::referrers:
      return RequestType::referrers;
  }
  return RequestType::other;
}

std::string upstream_query(const oci::PullQuery& query) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::optional<std::string>& value) {
    if (!value) return;
    text.append(text.empty() ? "?" : "&").append(name).append("=");
    text.append(oci::percent_encoded(*value));
  };
  add("n", query.n);
  add("last", query.last);
  add("artifactType", query.artifact_type);
  return text;
}

routing::Pull pull_of(const Request& request, const oci::PullPath& path,
                      harbor::CredentialsPointer credentials) {
  static const harbor::ProjectList none;
  const auto projects = request.worker.shared.core.projects.get();
  const http::Fields& fields = request.head().fields;
  routing::Pull pull{
      .subject = routing::subject_of(path.repository.str(),
                                     path.hint ? std::string_view(*path.hint) : std::string_view(),
                                     projects ? *projects : none),
      .question = {.method = request.is_head() ? harbor::Method::head : harbor::Method::get,
                   .endpoint = path.endpoint,
                   .reference = path.reference ? path.reference->str() : std::string(),
                   .query = upstream_query(path.query),
                   .request_id = std::string(request.request_id),
                   .credentials = std::move(credentials)}};
  if (path.endpoint == oci::Endpoint::manifests)
    for (const std::string_view line : fields.all("Accept"))
      pull.question.accept.emplace_back(line);
  if (path.endpoint == oci::Endpoint::blobs) {
    pull.question.range = fields.get("Range");
    pull.question.if_none_match = fields.get("If-None-Match");
  }
  return pull;
}

http::Awaitable<routing::Resolution> resolve(routing::Resolver& resolver, oci::Endpoint endpoint,
                                             routing::Pull pull) {
  switch (endpoint) {
    case oci::Endpoint::manifests:
      break;
    case oci::Endpoint::blobs:
      return resolver.blob(std::move(pull));
    case oci::Endpoint::tags:
      return resolver.tags(std::move(pull));
    case oci::Endpoint::referrers:
      return resolver.referrers(std::move(pull));
  }
  return resolver.manifest(std::move(pull));
}

Reply found_reply(const Request& request, const oci::PullPath& path,
                  const routing::Resolution& resolution) {
  switch (path.endpoint) {
    case oci::Endpoint::manifests:
      break;
    case oci::Endpoint::blobs:
      return blob_reply(resolution, path);
    case oci::Endpoint::tags:
      return tags_reply(resolution, path);
    case oci::Endpoint::referrers:
      return referrers_reply(resolution, path);
  }
  return manifest_reply(resolution, request.head().fields.get("If-None-Match"));
}

Reply reply_of(const Request& request, const oci::PullPath& path,
               const routing::Resolution& resolution, const harbor::Credentials& credentials) {
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  const bool no_referrers = path.endpoint == oci::Endpoint::referrers &&
                            resolution.kind == routing::Verdict::Kind::not_found;
  if (found || no_referrers) return found_reply(request, path, resolution);
  Reply reply = verdict_reply(
      resolution,
      {.endpoint = path.endpoint,
       .name = path.repository.str(),
       .reference = path.reference ? std::string_view(path.reference->str()) : std::string_view(),
       .credentials = credentials.kind});
  reply.project = resolution.project;
  reply.cache = resolution.cache;
  if (reply.status == 401) add_challenge(reply, request, &path);
  return reply;
}

// Whether Harbor must be asked if it is the token that it refuses.
bool may_be_the_token(const routing::Resolution& resolution,
                      const harbor::Credentials& credentials) {
  const bool refused = resolution.kind == routing::Verdict::Kind::refused ||
                       resolution.kind == routing::Verdict::Kind::all_refused;
  return refused && credentials.kind == harbor::Credentials::Kind::person;
}

http::Awaitable<Sent> answer_blob(Request& request, oci::PullPath path,
                                  routing::Resolution resolution,
                                  harbor::CredentialsPointer credentials) {
  Reply reply = reply_of(request, path, resolution, *credentials);
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  if (!found || !resolution.blob || !resolution.blob->stream || reply.status >= 300)
    co_return co_await send(request, std::move(reply), RequestType::blob);
  routing::Pull pull = pull_of(request, path, std::move(credentials));
  BlobStream blob{
      .candidate = {.project = resolution.project,
                    .repository = resolution.project->upstream_repository(pull.subject.repository)},
      .question = std::move(pull.question)};
  blob.resolution = std::move(resolution);
  blob.reply = std::move(reply);
  co_return co_await stream_blob(request, std::move(blob));
}

http::Awaitable<Sent> answer_found(Request& request, oci::PullPath path,
                                   routing::Resolution resolution,
                                   harbor::CredentialsPointer credentials) {
  if (path.endpoint == oci::Endpoint::blobs)
    return answer_blob(request, std::move(path), std::move(resolution), std::move(credentials));
  Reply reply = reply_of(request, path, resolution, *credentials);
  return send(request, std::move(reply), type_of(path.endpoint));
}

// open: null where the manifest cache is off.
void learn(Request& request, const OpenManifestPointer& open,
           const routing::Resolution& resolution) {
  if (open) request.worker.shared.manifests->learn(*open, resolution, base::Clock::now());
}

// Once more where the token was at fault and a password gives another.
http::Awaitable<Sent> answer_refused(Request& request, oci::PullPath path,
                                     routing::Resolution resolution,
                                     harbor::CredentialsPointer credentials,
                                     OpenManifestPointer open) {
  const auto anew = co_await authenticated_anew(request, path, credentials);
  if (anew) {
    if (const auto* refused = std::get_if<Reply>(&*anew)) {
      Reply reply = *refused;
      co_return co_await send(request, std::move(reply), type_of(path.endpoint));
    }
    credentials = std::get<harbor::CredentialsPointer>(*anew);
    routing::Pull pull = pull_of(request, path, credentials);
    routing::Resolver& resolver = request.worker.resolver;
    resolution = co_await resolve(resolver, path.endpoint, std::move(pull));
    if (open) open->identity = credentials->identity;
    learn(request, open, resolution);
  }
  co_return co_await answer_found(request, std::move(path), std::move(resolution),
                                  std::move(credentials));
}

http::Awaitable<Sent> answer_by_asking(Request& request, oci::PullPath path,
                                       harbor::CredentialsPointer credentials,
                                       OpenManifestPointer open) {
  auto asked = resolve(request.worker.resolver, path.endpoint, pull_of(request, path, credentials));
  auto resolution = co_await std::move(asked);
  learn(request, open, resolution);
  if (may_be_the_token(resolution, *credentials))
    co_return co_await answer_refused(request, std::move(path), std::move(resolution),
                                      std::move(credentials), std::move(open));
  if (path.endpoint == oci::Endpoint::blobs)
    co_return co_await answer_blob(request, std::move(path), std::move(resolution),
                                   std::move(credentials));
  auto sending =
      send(request, reply_of(request, path, resolution, *credentials), type_of(path.endpoint));
  co_return co_await std::move(sending);
}

// From the manifest cache, or by asking Harbor.
http::Awaitable<Sent> answer_for(Request& request, oci::PullPath path,
                                 harbor::CredentialsPointer credentials) {
  OpenManifestPointer open;
  if (request.worker.shared.manifests && path.endpoint == oci::Endpoint::manifests) {
    auto kept = request.worker.shared.manifests->answer({request.head(), path, *credentials},
                                                        base::Clock::now());
    if (auto* reply = std::get_if<Reply>(&kept))
      return send(request, std::move(*reply), RequestType::manifest);
    open = std::get<OpenManifestPointer>(std::move(kept));
  }
  return answer_by_asking(request, std::move(path), std::move(credentials), std::move(open));
}

// Where Harbor must first be asked who this is.
http::Awaitable<Sent> answer_unknown(Request& request, oci::PullPath path) {
  Authenticated authenticated = co_await authenticate(request, path);
  if (auto* refused = std::get_if<Reply>(&authenticated))
    co_return co_await send(request, std::move(*refused), type_of(path.endpoint));
  auto credentials = std::get<harbor::CredentialsPointer>(std::move(authenticated));
  co_return co_await answer_for(request, std::move(path), std::move(credentials));
}

}  // namespace

// Every manifest's frames are allocated here, so there are few and small ones: what is not needed
// across a wait is no local of a coroutine, and what blobs and refusals need is in others.
http::Awaitable<Sent> answer_pull(Request& request, oci::PullPath path) {
  std::optional<Authenticated> authenticated = authenticated_at_once(request, path);
  if (!authenticated) return answer_unknown(request, std::move(path));
  const RequestType type = type_of(path.endpoint);
  if (auto* refused = std::get_if<Reply>(&*authenticated))
    return send(request, std::move(*refused), type);
  auto& credentials = std::get<harbor::CredentialsPointer>(*authenticated);
  return answer_for(request, std::move(path), std::move(credentials));
}

}  // namespace harbor_router::server
