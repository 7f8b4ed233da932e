// Blobs of a project, cached or not, and the storage that redirected blobs live in (facts/harbor.md
// sections 2 and 4): HEAD and Range know only what is local.
#include <fmt/format.h>

#include "stub/handlers.hpp"

namespace harbor_router::stub {
namespace {

HeldBlob* find_blob(HeldRepository* repository, std::string_view digest) {
  if (repository == nullptr) return nullptr;
  const auto found = repository->blobs.find(digest);
  return found == repository->blobs.end() ? nullptr : &found->second;
}

// The part of Go's http.DetectContentType that blobs meet.
std::string_view sniffed(const Content& content) {
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(content.size(), 512)), '\0');
  content.read(0, head);
  if (head.starts_with("\x1f\x8b\x08")) return "application/x-gzip";
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 9 || (byte > 13 && byte < 32 && byte != 27)) return "application/octet-stream";
  }
  return "text/plain; charset=utf-8";
}

Answer from_upstream(const Place& place, const Request& request, HeldBlob& held) {
  ++place.project.cache_jobs.blobs;
  Answer answer;
  answer.set("Docker-Content-Digest", request.route.reference);
  answer.set("Etag", request.route.reference);
  answer.set("Content-Type", sniffed(*held.blob.content));
  answer.append(held.blob.content);
  if (place.harbor.caching == Caching::on_get) held.local = true;
  return answer;
}

Answer from_local(const Place& place, const Request& request, const HeldBlob& held) {
  const std::string quoted = fmt::format("\"{}\"", request.route.reference);
  Answer answer;
  answer.set("Docker-Distribution-Api-Version", "registry/2.0");
  if (place.project.settings.blob_delivery == BlobDelivery::redirect_to_storage) {
    answer.status = 307;
    answer.set("Location",
               fmt::format("http://{}/storage/{}/{}/{}?X-Amz-Signature=0123456789abcdef",
                           request.header("Host"), request.route.project, request.route.repository,
                           request.route.reference));
    answer.set("Content-Type", "application/octet-stream");
    return answer;
  }
  answer.set("Docker-Content-Digest", request.route.reference);
  answer.set("Etag", quoted);
  answer.set("Cache-Control", "max-age=31536000");
  if (request.header("If-None-Match") == quoted) {
    answer.status = 304;
    return answer;
  }
  serve_ranges(answer, held.blob.content, request.header("Range"), "application/octet-stream");
  return answer;
}

}  // namespace

Answer blob_answer(const Place& place, const Request& request) {
  const std::string message = fmt::format("blob {} not found", request.route.reference);
  HeldBlob* held = find_blob(place.repository, request.route.reference);
  if (held != nullptr && held->local) return from_local(place, request, *held);
  const bool asks_upstream = !request.is_head() && place.project.settings.registry &&
                             place.project.settings.registry->status == "healthy";
  if (asks_upstream) {
    switch (place.project.upstream) {
      case UpstreamState::failing:
        return harbor_error(500, "internal server error");
      case UpstreamState::rate_limited:
        return harbor_error(429, "too many requests to the upstream registry");
      case UpstreamState::answering:
        if (held != nullptr) return from_upstream(place, request, *held);
        break;
    }
  }
  return harbor_error(404, message);
}

Answer storage_answer(Harbor& harbor, const Request& request) {
  // As S3: a signed URL together with an Authorization header is an error.
  if (!request.header("Authorization").empty()) {
    Answer answer{.status = 400, .headers = {}, .body = {}, .backend = {}};
    answer.set("Content-Type", "application/xml");
    answer.append("<Error><Code>InvalidArgument</Code></Error>");
    return answer;
  }
  HeldProject* project = harbor.find_project(request.route.project);
  HeldRepository* repository = nullptr;
  if (project != nullptr) {
    const auto found = project->repositories.find(request.route.repository);
    if (found != project->repositories.end()) repository = &found->second;
  }
  const HeldBlob* held = find_blob(repository, request.route.reference);
  if (held == nullptr || !held->local) return harbor_error(404, "NoSuchKey");
  Answer answer;
  serve_ranges(answer, held->blob.content, request.header("Range"), "application/octet-stream");
  return answer;
}

}  // namespace harbor_router::stub
