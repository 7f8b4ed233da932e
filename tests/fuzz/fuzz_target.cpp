// Request targets and queries: a pull written out again in its own form is the same pull.
#include <optional>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "harbor_router/oci/query.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace {

using namespace harbor_router;
using fuzz::must;

std::string written(const oci::PullPath& path) {
  std::string target = path.client_prefix + path.repository.str() + '/';
  target += oci::to_string(path.endpoint);
  target += '/' + (path.reference ? path.reference->str() : std::string("list"));
  char separator = '?';
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) target += separator + (std::string(name) + '=') + oci::percent_encoded(*value);
    if (value) separator = '&';
  };
  add("ns", path.hint);
  add("n", path.query.n);
  add("last", path.query.last);
  add("artifactType", path.query.artifact_type);
  return target;
}

void check(const std::string& target, const oci::PathRules& rules) {
  const oci::ParsedTarget parsed = oci::parse_target(target, rules);
  if (const auto* error = std::get_if<oci::PathError>(&parsed)) {
    must(error->status == 400 || error->status == 404 || error->status == 405);
    must(nlohmann::json::accept(oci::error_body(error->error)));
  }
  const auto* path = std::get_if<oci::PullPath>(&parsed);
  if (path == nullptr) return;
  must(path->reference.has_value() == (path->endpoint != oci::Endpoint::tags));
  must(path->endpoint == oci::Endpoint::tags || path->endpoint == oci::Endpoint::manifests ||
       path->reference->digest() != nullptr);
  must(path->client_prefix != "/v2/" || (rules.root_registry && path->hint));

  const oci::ParsedTarget again = oci::parse_target(written(*path), rules);
  const auto* same = std::get_if<oci::PullPath>(&again);
  must(same != nullptr);
  must(same->endpoint == path->endpoint && same->repository == path->repository &&
       same->reference == path->reference && same->client_prefix == path->client_prefix &&
       same->hint == path->hint && same->query.n == path->query.n &&
       same->query.last == path->query.last &&
       same->query.artifact_type == path->query.artifact_type);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  check(text, {.proxy_project = "proxy", .root_registry = std::nullopt});
  check(text, {.proxy_project = "proxy", .root_registry = "docker.io"});
  if (const auto decoded = oci::percent_decoded(text)) {
    must(oci::percent_decoded(oci::percent_encoded(*decoded)) == decoded);
  }
  if (const auto pairs = oci::query_pairs(text)) {
    for (const oci::QueryPair& pair : *pairs) {
      must(oci::query_decoded(oci::percent_encoded(pair.value)) == pair.value);
    }
  }
  return 0;
}
