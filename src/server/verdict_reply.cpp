#include "server/verdict_reply.hpp"

namespace harbor_router::server {

namespace {

using Kind = routing::Verdict::Kind;
using oci::ErrorCode;

// "no proxy-cache project has ", or whom that is known of.
std::string nobody_has(const Asked& asked) {
  if (asked.candidates <= asked.limit) return "no proxy-cache project has ";
  return "none of the " + std::to_string(asked.limit) + " projects asked (of " +
         std::to_string(asked.candidates) + "; MAX_FANOUT_PROJECTS) has ";
}

Reply not_found(const Asked& asked) {
  const std::string name(asked.name);
  const std::string reference(asked.reference);
  switch (asked.endpoint) {
    case oci::Endpoint::manifests:
      return error_reply(
          404, {ErrorCode::manifest_unknown,
                nobody_has(asked) + name + (reference.find(':') == std::string::npos ? ":" : "@") +
                    reference});
    case oci::Endpoint::blobs:
      return error_reply(
          404, {ErrorCode::blob_unknown, nobody_has(asked) + "blob " + reference + " of " + name});
    case oci::Endpoint::tags:
    case oci::Endpoint::referrers:
      break;
  }
  return error_reply(404, {ErrorCode::name_unknown, nobody_has(asked) + name});
}

std::string who_said(const routing::Resolution& resolution, const harbor::Answer* answer) {
  std::string text = resolution.project ? "project " + resolution.project->name : "Harbor";
  if (answer == nullptr) return text;
  if (!answer->detail.empty()) return text + ": " + answer->detail;
  return answer->status == 0 ? text : text + ": answered " + std::to_string(answer->status);
}

// Nobody has been asked whether this client may know of the project that is left alone.
std::string who_is_left_alone(const routing::Resolution& resolution, const harbor::Answer* answer,
                              const Asked& asked) {
  if (!resolution.project) return "no proxy-cache project is known yet";
  if (asked.credentials == harbor::Credentials::Kind::service) return who_said(resolution, answer);
  return "a project cannot be asked now: it failed too often, or is asked too much";
}

Reply with_retry_after(Reply reply, const harbor::Answer* answer, std::chrono::seconds otherwise) {
  reply.add_retry_after(answer != nullptr && answer->retry_after ? *answer->retry_after
                                                                 : otherwise);
  return reply;
}

}  // namespace

Reply verdict_reply(const routing::Resolution& resolution, const Asked& asked) {
  const harbor::Answer* answer = resolution.blob ? resolution.blob.get() : resolution.answer.get();
  const bool service = asked.credentials == harbor::Credentials::Kind::service;
  switch (resolution.kind) {
    case Kind::not_found:
      return not_found(asked);
    case Kind::no_candidate:
      return error_reply(
          404, {ErrorCode::name_unknown,
                "no proxy-cache project mirrors the registry of " + std::string(asked.name)});
    case Kind::refused:
      if (asked.credentials != harbor::Credentials::Kind::anonymous) return not_found(asked);
      return error_reply(401, {ErrorCode::unauthorized, "authentication required"});
    case Kind::all_refused:
      if (service)
        return error_reply(502, {ErrorCode::unknown, "Harbor refuses the router's account"});
      return error_reply(401, {ErrorCode::unauthorized, "authentication required"});
    case Kind::blocked: {
      if (answer != nullptr && answer->body && oci::is_error_body(*answer->body)) {
        Reply reply = json_reply(412, "");
        reply.shared_body = answer->body;
        return reply;
      }
      return error_reply(412, {ErrorCode::denied, "a policy of " + who_said(resolution, nullptr) +
                                                      " forbids this image"});
    }
    case Kind::limited:
      return with_retry_after(error_reply(429, {ErrorCode::too_many_requests,
                                                who_said(resolution, answer) + " (limited)"}),
                              answer, retry_when_limited);
    case Kind::timed_out:
    case Kind::failed: {
      Reply reply = error_reply(resolution.kind == Kind::timed_out ? 504 : 502,
                                {ErrorCode::unknown, who_said(resolution, answer)});
      if (answer != nullptr && answer->retry_after) reply.add_retry_after(*answer->retry_after);
      return reply;
    }
    case Kind::unavailable:
      return with_retry_after(
          error_reply(503, {ErrorCode::unknown, who_is_left_alone(resolution, answer, asked)}),
          answer, retry_when_unavailable);
    case Kind::chosen:
    case Kind::waiting:
      break;
  }
  return error_reply(500, {ErrorCode::unknown, "a verdict without an answer"});
}

Reply no_projects_reply() {
  return verdict_reply({.kind = Kind::unavailable}, {});
}

}  // namespace harbor_router::server
