// A pull: the path becomes a question, the resolver finds who answers it, the answer goes out. Path
// and question stay in the request's state until then.
#include <algorithm>

#include "harbor_router/harbor/token_answer.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/oci/query.hpp"
#include "server/authentication.hpp"
#include "server/blob_stream.hpp"
#include "server/challenge.hpp"
#include "server/preconditions.hpp"
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
  text.append(query.others);
  if (text.starts_with('&')) text.front() = '?';
  return text;
}

// A registry takes Accept: */* or none for "no OCI manifests", says 404 of an image that is one,
// and turns others into the schema 1 of 2016. Who takes anything is asked for by every usual type.
void say_what_any_type_is(std::vector<std::string>& accept) {
  const auto has_range = [](const std::string& line) { return line.find("/*") != line.npos; };
  if (!accept.empty() && std::none_of(accept.begin(), accept.end(), has_range)) return;
  oci::AcceptedTypes types;
  for (const std::string& line : accept) types.add(line);
  if (types.leaves_choice() && !types.names_usual()) accept.push_back(oci::usual_accept());
}

// The question that the request's path asks with these credentials; every field is set anew.
void set_pull(Request& request, harbor::CredentialsPointer credentials) {
  static const harbor::ProjectList none;
  const oci::PullPath& path = *request.state.path;
  const auto projects = request.worker.shared.core.projects.get();
  const http::Fields& fields = request.head().fields;
  routing::Pull& pull = request.state.pull;
  pull.subject = routing::subject_of(path.repository.str(),
                                     path.hint ? std::string_view(*path.hint) : std::string_view(),
                                     projects ? *projects : none);
  harbor::Question& question = pull.question;
  // Whether a list is one is seen by its body alone.
  const bool is_list =
      path.endpoint == oci::Endpoint::tags || path.endpoint == oci::Endpoint::referrers;
  question.method = request.is_head() && !is_list ? harbor::Method::head : harbor::Method::get;
  question.endpoint = path.endpoint;
  question.reference =
      path.reference ? std::string_view(path.reference->str()) : std::string_view();
  question.query = upstream_query(path.query);
  question.request_id = request.request_id;
  question.credentials = std::move(credentials);
  std::size_t lines = 0;
  if (path.endpoint == oci::Endpoint::manifests)
    for (const http::Field& field : fields) {
      if (!http::equal_ignoring_case(field.name, "Accept")) continue;
      if (question.accept.size() == lines) question.accept.emplace_back();
      question.accept[lines++] = field.value;
    }
  question.accept.resize(lines);
  if (path.endpoint == oci::Endpoint::manifests) say_what_any_type_is(question.accept);
  const bool is_blob = path.endpoint == oci::Endpoint::blobs;
  question.range = is_blob ? wanted_range(request.head(), question.reference) : std::string_view();
  question.if_none_match.clear();
  if (is_blob && names_digest(fields.list("If-None-Match"), question.reference))
    question.if_none_match = entity_tag(question.reference);
}

// A client that leaves meanwhile frees the connection to Harbor at once.
http::Awaitable<routing::Resolution> resolve_blob(Request& request) {
  auto withdrawal = std::make_shared<harbor::Withdrawal>();
  request.state.pull.question.withdrawal = withdrawal;
  request.session.on_gone = [withdrawal] { withdrawal->withdraw(); };
  auto resolution = co_await request.worker.resolver.blob(request.state.pull);
  request.session.on_gone = nullptr;
  request.state.pull.question.withdrawal = nullptr;
  co_return resolution;
}

http::Awaitable<routing::Resolution> resolve(Request& request) {
  routing::Resolver& resolver = request.worker.resolver;
  const routing::Pull& pull = request.state.pull;
  switch (pull.question.endpoint) {
    case oci::Endpoint::manifests:
      break;
    case oci::Endpoint::blobs:
      return resolve_blob(request);
    case oci::Endpoint::tags:
      return resolver.tags(pull);
    case oci::Endpoint::referrers:
      return resolver.referrers(pull);
  }
  return resolver.manifest(pull);
}

Reply found_reply(const Request& request, const routing::Resolution& resolution) {
  const oci::PullPath& path = *request.state.path;
  switch (path.endpoint) {
    case oci::Endpoint::manifests:
      break;
    case oci::Endpoint::blobs:
      return blob_reply(resolution, path, request.state.pull.question.if_none_match);
    case oci::Endpoint::tags:
      return tags_reply(resolution, path);
    case oci::Endpoint::referrers:
      return referrers_reply(resolution, path);
  }
  return manifest_reply(resolution, request.head().fields.list("If-None-Match"));
}

// Of which no more than MAX_FANOUT_PROJECTS are asked; not counted where all are.
std::size_t candidates_of(const Request& request) {
  const Shared& shared = request.worker.shared;
  const auto projects = request.worker.shared.core.projects.get();
  if (!projects || projects->size() <= shared.settings.upstream.max_fanout) return 0;
  return routing::candidates_for(request.state.pull.subject, *projects, projects->size()).size();
}

Reply reply_of(const Request& request, const routing::Resolution& resolution) {
  const oci::PullPath& path = *request.state.path;
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  const harbor::Credentials::Kind who = request.state.pull.question.credentials->kind;
  const bool absent = resolution.kind == routing::Verdict::Kind::not_found ||
                      (resolution.kind == routing::Verdict::Kind::refused &&
                       who != harbor::Credentials::Kind::anonymous);
  // A registry with referrers has an empty list for a subject it does not know, never 404.
  const bool no_referrers = path.endpoint == oci::Endpoint::referrers && absent;
  if (found || no_referrers) return found_reply(request, resolution);
  Reply reply = verdict_reply(
      resolution,
      {.endpoint = path.endpoint,
       .name = path.repository.str(),
       .reference = path.reference ? std::string_view(path.reference->str()) : std::string_view(),
       .credentials = who,
       .candidates = absent ? candidates_of(request) : 0,
       .limit = request.worker.shared.settings.upstream.max_fanout});
  if (reply.status == 401) reply = challenge_reply(request, &path, "authentication required");
  // Who refuses, has nothing or is not asked has served nothing, and his name is not for everybody.
  const bool left_alone = resolution.kind == routing::Verdict::Kind::unavailable &&
                          who != harbor::Credentials::Kind::service;
  const bool answers =
      reply.status != 401 && reply.status != 404 && reply.status != 400 && !left_alone;
  if (answers) reply.project = resolution.project;
  reply.cache = resolution.cache;
  return reply;
}

// Whether Harbor must be asked if it is the token that it refuses, be it that another project's
// failure is what would be told, or another project's image what would be given. A search that
// found something costs people of few rights no question, unless their token has run out: then
// those who have the image may have refused it, or will.
bool may_be_the_token(const Request& request, const routing::Resolution& resolution) {
  const harbor::Question& question = request.state.pull.question;
  if (question.credentials->kind != harbor::Credentials::Kind::person) return false;
  if (resolution.kind == routing::Verdict::Kind::chosen && !resolution.known_refused)
    return resolution.cache == routing::CacheState::miss && !question.is_by_digest() &&
           harbor::has_run_out(question.credentials->authorization.substr(7),
                               std::chrono::system_clock::now());
  return resolution.known_refused || resolution.someone_refused ||
         resolution.kind == routing::Verdict::Kind::refused ||
         resolution.kind == routing::Verdict::Kind::all_refused;
}

http::Awaitable<Sent> answer_blob(Request& request, routing::Resolution resolution) {
  Reply reply = reply_of(request, resolution);
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  if (!found || !resolution.blob || !resolution.blob->stream || reply.status >= 300)
    return send(request, std::move(reply), RequestType::blob);
  routing::Pull& pull = request.state.pull;
  BlobStream blob{
      .candidate = {.project = resolution.project,
                    .repository = resolution.project->upstream_repository(pull.subject.repository)},
      .question = std::move(pull.question)};
  blob.resolution = std::move(resolution);
  blob.reply = std::move(reply);
  return stream_blob(request, std::move(blob));
}

// open: null where the manifest cache is off.
void learn(Request& request, const OpenManifestPointer& open,
           const routing::Resolution& resolution) {
  if (open) request.worker.shared.manifests->learn(*open, resolution, base::Clock::now());
}

// Once more where the token was at fault and a password gives another. What was found all the same
// counts once Harbor takes the token.
http::Awaitable<Sent> answer_refused(Request& request, routing::Resolution resolution,
                                     OpenManifestPointer open) {
  const oci::PullPath& path = *request.state.path;
  const bool found = resolution.kind == routing::Verdict::Kind::chosen;
  if (!found) learn(request, open, resolution);
  harbor::CredentialsPointer refused = request.state.pull.question.credentials;
  auto anew = co_await authenticated_anew(request, path, std::move(refused));
  if (anew) {
    if (auto* reply = std::get_if<Reply>(&*anew))
      co_return co_await send(request, std::move(*reply), type_of(path.endpoint));
    set_pull(request, std::get<harbor::CredentialsPointer>(std::move(*anew)));
    resolution = co_await resolve(request);
    if (open) open->identity = request.state.pull.question.credentials->identity;
  }
  request.worker.resolver.learn_found(request.state.pull, resolution);
  if (found || anew) learn(request, open, resolution);
  if (path.endpoint == oci::Endpoint::blobs)
    co_return co_await answer_blob(request, std::move(resolution));
  Reply reply = reply_of(request, resolution);
  co_return co_await send(request, std::move(reply), type_of(path.endpoint));
}

// Every manifest pays for this frame: what is not needed across a wait is no local of it, and what
// blobs and refusals need is in others.
http::Awaitable<Sent> answer_by_asking(Request& request, OpenManifestPointer open) {
  auto resolution = co_await resolve(request);
  const oci::Endpoint endpoint = request.state.path->endpoint;
  if (may_be_the_token(request, resolution))
    co_return co_await answer_refused(request, std::move(resolution), std::move(open));
  learn(request, open, resolution);
  if (endpoint == oci::Endpoint::blobs)
    co_return co_await answer_blob(request, std::move(resolution));
  Answering answering = answer_with(request, reply_of(request, resolution), type_of(endpoint));
  if (auto* rest = std::get_if<http::Awaitable<Sent>>(&answering))
    co_return co_await std::move(*rest);
  co_return std::get<Sent>(std::move(answering));
}

// From the manifest cache, or by asking Harbor.
Answering answer_for(Request& request, harbor::CredentialsPointer credentials) {
  const oci::PullPath& path = *request.state.path;
  OpenManifestPointer open;
  if (request.worker.shared.manifests && path.endpoint == oci::Endpoint::manifests) {
    auto kept = request.worker.shared.manifests->answer({request.head(), path, *credentials},
                                                        base::Clock::now());
    if (auto* reply = std::get_if<Reply>(&kept))
      return answer_with(request, std::move(*reply), RequestType::manifest);
    open = std::get<OpenManifestPointer>(std::move(kept));
  }
  set_pull(request, std::move(credentials));
  return answer_by_asking(request, std::move(open));
}

// Where Harbor must first be asked who this is.
http::Awaitable<Sent> answer_unknown(Request& request) {
  const oci::PullPath& path = *request.state.path;
  Authenticated authenticated = co_await authenticate(request, path);
  if (auto* refused = std::get_if<Reply>(&authenticated))
    co_return co_await send(request, std::move(*refused), type_of(path.endpoint));
  Answering answering =
      answer_for(request, std::get<harbor::CredentialsPointer>(std::move(authenticated)));
  if (auto* rest = std::get_if<http::Awaitable<Sent>>(&answering))
    co_return co_await std::move(*rest);
  co_return std::get<Sent>(std::move(answering));
}

}  // namespace

Answering answer_pull(Request& request) {
  const oci::PullPath& path = *request.state.path;
  std::optional<Authenticated> authenticated = authenticated_at_once(request, path);
  if (!authenticated) return answer_unknown(request);
  if (auto* refused = std::get_if<Reply>(&*authenticated))
    return answer_with(request, std::move(*refused), type_of(path.endpoint));
  return answer_for(request, std::get<harbor::CredentialsPointer>(std::move(*authenticated)));
}

}  // namespace harbor_router::server
