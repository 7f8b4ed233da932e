#include "harbor_router/bench/requests.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "bench/accept.hpp"

namespace harbor_router::bench {

namespace {

std::string fields(const Requests::Settings& settings, Kind kind, const Subject& subject) {
  std::string text =
      fmt::format(" HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n", settings.host, user_agent);
  if (kind != Kind::blob) text.append("Accept: ").append(accept_manifests()).append("\r\n");
  if (!subject.authorization.empty())
    text.append("Authorization: ").append(subject.authorization).append("\r\n");
  return text.append("\r\n");
}

}  // namespace

Requests::Requests(const Settings& settings, const std::vector<Subject>& subjects)
    : mix_(settings.weights), names_(settings.names) {
  const auto prepare = [&](Kind kind, const Subject& subject, const std::string& reference,
                           std::optional<oci::Digest> digest) {
    Prepared made{
        .method = kind == Kind::head ? http::RequestMethod::head : http::RequestMethod::get,
        .digest = std::move(digest)};
    made.bytes = fmt::format("{} /v2/{}", kind == Kind::head ? "HEAD" : "GET", subject.repository);
    std::string rest = fmt::format("/{}/{}", kind == Kind::blob ? "blobs" : "manifests", reference);
    rest += fields(settings, kind, subject);
    if (names_ == Names::never_seen) {
      made.bytes += "-cold-" + settings.run + "-";
      made.rest = std::move(rest);
      made.digest.reset();
    } else {
      made.bytes += rest;
    }
    prepared_[static_cast<std::size_t>(kind)].push_back(std::move(made));
  };
  for (const Subject& subject : subjects) {
    const bool by_digest = settings.ask_by == AskBy::digest;
    if (by_digest && !subject.digest) continue;
    const std::string reference = by_digest ? subject.digest->str() : subject.reference;
    prepare(Kind::manifest, subject, reference, oci::Digest::parse(reference));
    prepare(Kind::head, subject, reference, std::nullopt);
    for (const oci::Digest& blob : subject.blobs) prepare(Kind::blob, subject, blob.str(), blob);
  }
  for (const Kind kind : {Kind::manifest, Kind::head, Kind::blob})
    if (mix_.has(kind) && prepared_[static_cast<std::size_t>(kind)].empty())
      throw std::invalid_argument(fmt::format("no image has what {} asks for", to_string(kind)));
}

Requests::Request Requests::pick(std::uint64_t number, std::string& scratch) const {
  const Mix::Pick pick = mix_.pick(number);
  const auto& candidates = prepared_[static_cast<std::size_t>(pick.kind)];
  const Prepared& chosen = candidates[pick.nth % candidates.size()];
  Request request{.bytes = chosen.bytes, .method = chosen.method};
  if (chosen.digest) request.digest = &*chosen.digest;
  if (names_ == Names::as_given) return request;
  scratch.assign(chosen.bytes).append(std::to_string(number)).append(chosen.rest);
  request.bytes = scratch;
  request.may_be_missing = true;
  return request;
}

}  // namespace harbor_router::bench
