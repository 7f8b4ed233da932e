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

}  // namespace

http::Awaitable<Sent> answer_pull(Request& request, oci::PullPath path) {
  Worker& worker = request.worker;
  const RequestType type = type_of(path.endpoint);
  Authenticated authenticated = co_await authenticate(request, path);
  if (auto* refused = std::get_if<Reply>(&authenticated)) {
    Reply reply = std::move(*refused);
    co_return co_await send(request, std::move(reply), type);
  }
  const auto credentials = std::get<harbor::CredentialsPointer>(std::move(authenticated));
  routing::Pull pull = pull_of(request, path, credentials);
  // What is asked again when a blob is cut.
  harbor::Question blob_question;
  if (path.endpoint == oci::Endpoint::blobs) blob_question = pull.question;
  const std::string repository = pull.subject.repository;
  routing::Resolution resolution;
  switch (path.endpoint) {
    case oci::Endpoint::manifests:
      resolution = co_await worker.resolver.manifest(std::move(pull));
      break;
    case oci::Endpoint::blobs:
      resolution = co_await worker.resolver.blob(std::move(pull));
      break;
    case oci::Endpoint::tags:
      resolution = co_await worker.resolver.tags(std::move(pull));
      break;
    case oci::Endpoint::referrers:
      resolution = co_await worker.resolver.referrers(std::move(pull));
      break;
  }
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  const bool no_referrers = path.endpoint == oci::Endpoint::referrers &&
                            resolution.kind == routing::Verdict::Kind::not_found;
  Reply reply;
  if (!found && !no_referrers) {
    reply = verdict_reply(
        resolution,
        {.endpoint = path.endpoint,
         .name = path.repository.str(),
         .reference = path.reference ? std::string_view(path.reference->str()) : std::string_view(),
         .credentials = credentials->kind});
    reply.project = resolution.project;
    reply.cache = resolution.cache;
    if (reply.status == 401) add_challenge(reply, request, &path);
    co_return co_await send(request, std::move(reply), type);
  }
  switch (path.endpoint) {
    case oci::Endpoint::manifests:
      reply = manifest_reply(resolution, request.head().fields.get("If-None-Match"));
      break;
    case oci::Endpoint::blobs:
      reply = blob_reply(resolution, path);
      if (resolution.blob && resolution.blob->stream && reply.status < 300) {
        BlobStream blob{
            .candidate = {.project = resolution.project,
                          .repository = resolution.project->upstream_repository(repository)},
            .question = std::move(blob_question)};
        blob.resolution = std::move(resolution);
        blob.reply = std::move(reply);
        co_return co_await stream_blob(request, std::move(blob));
      }
      break;
    case oci::Endpoint::tags:
      reply = tags_reply(resolution, path);
      break;
    case oci::Endpoint::referrers:
      reply = referrers_reply(resolution, path);
      break;
  }
  co_return co_await send(request, std::move(reply), type);
}

}  // namespace harbor_router::server
