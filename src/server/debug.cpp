#include "server/debug.hpp"

#include <charconv>

#include <openssl/crypto.h>

#include "harbor_router/base/json_text.hpp"
#include "harbor_router/oci/query.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "server/authentication.hpp"
#include "server/cache_json.hpp"
#include "server/explain_image.hpp"

namespace harbor_router::server {

namespace {

constexpr std::size_t most_entries = 10'000;  // of one answer

Reply json_error(int status, const std::string& message) {
  return json_reply(status, base::json_text(Json{{"error", message}}) + '\n');
}

Reply json_found(const Json& json) {
  return json_reply(200, base::json_text(json) + '\n');
}

struct DebugQuery {
  std::string image, after;
  std::size_t limit = 1000;
  routing::WaitFor wait = routing::WaitFor::verdict;
};

base::Result<DebugQuery> read_query(std::string_view target) {
  const std::size_t mark = target.find('?');
  DebugQuery query;
  if (mark == std::string_view::npos) return query;
  const auto pairs = oci::query_pairs(target.substr(mark + 1));
  if (!pairs) return base::failure(base::Errc::invalid, "the query is not well percent-encoded");
  for (const oci::QueryPair& pair : *pairs) {
    if (pair.name == "image") {
      query.image = pair.value;
    } else if (pair.name == "after") {
      query.after = pair.value;
    } else if (pair.name == "all") {
      const bool no = pair.value == "0" || pair.value == "false";
      query.wait = no ? routing::WaitFor::verdict : routing::WaitFor::everyone;
    } else if (pair.name == "limit") {
      const char* const end = pair.value.data() + pair.value.size();
      const auto [stopped, error] = std::from_chars(pair.value.data(), end, query.limit);
      if (error != std::errc{} || stopped != end || query.limit == 0 || query.limit > most_entries)
        return base::failure(base::Errc::invalid, "limit is a number from 1 to 10000");
    }
  }
  return query;
}

Reply projects_reply(Shared& shared) {
  const auto projects = shared.core.projects.get();
  if (!projects) return json_error(503, "no proxy-cache project is known yet");
  const std::vector<std::string> warnings = *shared.discovery_warnings.lock();
  return json_found(projects_json(*projects, warnings,
                                  {.harbor = shared.settings.upstream.harbor.url(),
                                   .max_fanout = shared.settings.upstream.max_fanout}));
}

Reply cache_reply(Shared& shared, const DebugQuery& query) {
  if (query.image.size() > store::ImagePattern::longest)
    return json_error(400, store::ImagePattern::too_long);
  const auto from = cursor_of(query.after);
  if (!from) return json_error(400, "after is what \"next\" of the page before says");
  return json_found(cache_page_json(shared.core, pull_counts(shared.metrics),
                                    {.pattern = query.image, .limit = query.limit, .from = *from}));
}

http::Awaitable<Reply> resolve_reply(Request& request, DebugQuery query) {
  if (query.image.empty())
    co_return json_error(400, "image is missing; write /debug/resolve?image=nginx:latest");
  ImageQuestion question{.image = query.image,
                         .asked_at = std::string(request.head().fields.get("Host")),
                         .wait = query.wait};
  auto explained = co_await explain_image(request.worker, std::move(question));
  if (explained) co_return json_found(explained->json);
  const int status = explained.error().code == base::Errc::invalid ? 400 : 503;
  co_return json_error(status, explained.error().detail);
}

// Hashed first, so that the time says nothing about the token, not even its length.
bool is_admin(const Shared& shared, std::string_view authorization) {
  if (!is_scheme(authorization, "Bearer")) return false;
  const std::string given = shared.keyed_hash.of(authorization.substr(7));
  const std::string right = shared.keyed_hash.of(shared.settings.admin_token->current());
  return CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

Reply purge_reply(Request& request, const DebugQuery& query) {
  Shared& shared = request.worker.shared;
  if (!shared.settings.admin_token)
    return json_error(403, "nobody may: ADMIN_TOKEN is not set on this router");
  if (!is_admin(shared, request.head().fields.get("Authorization"))) {
    Reply reply = json_error(401, "send ADMIN_TOKEN as Authorization: Bearer");
    reply.add("WWW-Authenticate", "Bearer");
    return reply;
  }
  if (query.image.empty())
    return json_error(400, "image is missing; write image=* to remove everything");
  if (query.image.size() > store::ImagePattern::longest)
    return json_error(400, store::ImagePattern::too_long);
  // First, so that nothing forgotten here comes back from there.
  const char* const in_redis = shared.purge_replicas ? shared.purge_replicas(query.image) : nullptr;
  const std::size_t removed = shared.forget_matching(query.image);
  shared.log.info(
      "mappings removed",
      {{"image", query.image}, {"count", std::to_string(removed)}, {"client", request.client}});
  Json json = {{"removed", removed}};
  if (in_redis != nullptr) json["redis"] = in_redis;
  return json_found(json);
}

}  // namespace

http::Awaitable<Reply> debug_reply(Request& request) {
  Shared& shared = request.worker.shared;
  const http::RequestHead& head = request.head();
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  auto query = read_query(head.target);
  if (!query) co_return json_error(400, query.error().detail);
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (path == "/debug/cache" && head.method == "DELETE") co_return purge_reply(request, *query);
  if (!reads) {
    Reply reply = json_error(405, "here is GET, and DELETE of /debug/cache");
    reply.add("Allow", path == "/debug/cache" ? "GET, HEAD, DELETE" : "GET, HEAD");
    co_return reply;
  }
  if (path == "/debug/projects") co_return projects_reply(shared);
  if (path == "/debug/cache") co_return cache_reply(shared, *query);
  if (path == "/debug/config") co_return json_reply(200, shared.settings.effective);
  if (path == "/debug/resolve") {
    DebugQuery asked = std::move(*query);
    co_return co_await resolve_reply(request, std::move(asked));
  }
  co_return json_error(
      404, "here are /debug/projects, /debug/cache, /debug/resolve?image= and /debug/config");
}

}  // namespace harbor_router::server
