// Heads as containerd and Harbor send them, from bytes to views.
#include <benchmark/benchmark.h>

#include <string>

#include "harbor_router/http/head.hpp"

namespace {

using namespace harbor_router;

const std::string request =
    "GET /v2/proxy/library/nginx/manifests/latest HTTP/1.1\r\n"
    "Host: registry.example.com\r\n"
    "User-Agent: containerd/1.6.20~ds1\r\n"
    "Accept: application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*\r\n"
    "Authorization: Bearer " +
    std::string(900, 'a') +
    "\r\n"
    "Accept-Encoding: gzip\r\n\r\n";

const std::string response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx\r\n"
    "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
    "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
    "Content-Length: 2091\r\n"
    "Connection: keep-alive\r\n"
    "Docker-Content-Digest: sha256:" +
    std::string(64, 'a') +
    "\r\n"
    "Docker-Distribution-Api-Version: registry/2.0\r\n"
    "Etag: \"sha256:" +
    std::string(64, 'a') +
    "\"\r\n"
    "X-Request-Id: 0123456789abcdef0123456789abcdef\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubdomains; preload\r\n"
    "X-Frame-Options: DENY\r\n\r\n";

void request_head(benchmark::State& state) {
  http::RequestHead head;
  for (auto _ : state) {
    const std::size_t size = http::head_size(request);
    const auto parsed = http::parse_request_head(std::string_view(request).substr(0, size), head);
    if (!parsed) return state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(head.fields.get("Accept"));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
}
BENCHMARK(request_head);

void response_head(benchmark::State& state) {
  http::ResponseHead head;
  for (auto _ : state) {
    const std::size_t size = http::head_size(response);
    const auto parsed = http::parse_response_head(std::string_view(response).substr(0, size),
                                                  http::RequestMethod::get, head);
    if (!parsed) return state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(head.fields.get("Docker-Content-Digest"));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(response.size()));
}
BENCHMARK(response_head);

}  // namespace
