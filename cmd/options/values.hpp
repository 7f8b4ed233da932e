// Readers of single values. Each failure's detail quotes what was written, says what is wrong with
// it and what would be right; the caller puts the name of the flag or variable in front.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/options/settings.hpp"
#include "harbor_router/base/result.hpp"

namespace harbor_router::options {

struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

[[nodiscard]] base::Result<std::uint64_t> parse_count(std::string_view text, Bounds bounds);
// "256MiB"; 0, or enough to keep something.
[[nodiscard]] base::Result<std::uint64_t> parse_cache_size(std::string_view text);
// As base::parse_duration, of a year at most: a time that far from now can be told.
[[nodiscard]] base::Result<Duration> parse_any_duration(std::string_view text);
[[nodiscard]] base::Result<Duration> parse_positive_duration(std::string_view text);
// ":8080", "127.0.0.1:8080", "[::1]:8080"
[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);
// Whether they take the same connections: one port, and addresses that are or include each other.
[[nodiscard]] bool overlap(const ListenAddress& a, const ListenAddress& b);
// "https://harbor.example.com", "http://harbor-core:80"
[[nodiscard]] base::Result<http::Origin> parse_origin(std::string_view text);
// "redis-1:26379, redis-2, [fd00::1]:26379"; without a port: 26379, the Sentinels'.
[[nodiscard]] base::Result<std::vector<ServerAddress>> parse_sentinels(std::string_view text);
// "redis://cache:6379", "rediss://cache.example.com"
[[nodiscard]] base::Result<RedisUrl> parse_redis_url(std::string_view text);
// Letters, digits and "._-:", at most 64.
[[nodiscard]] base::Result<std::string> parse_word(std::string_view text);
[[nodiscard]] base::Result<bool> parse_truth(std::string_view text);
// The path of a file that need not be there yet; its directory must be.
[[nodiscard]] base::Result<std::string> parse_new_file(std::string_view text);
// One component of a repository name, other than "v2".
[[nodiscard]] base::Result<std::string> parse_project_name(std::string_view text);
// "docker.io", "registry.example.com:5000"
[[nodiscard]] base::Result<std::string> parse_registry_host(std::string_view text);
// The path of a file this process can read.
[[nodiscard]] base::Result<std::string> parse_readable_file(std::string_view text);
// The same, of PEM certificates, and of htpasswd lines with bcrypt hashes.
[[nodiscard]] base::Result<std::string> parse_certificate_file(std::string_view text);
[[nodiscard]] base::Result<std::string> parse_htpasswd_file(std::string_view text);
// "10.0.0.0/8, fd00::/8, 192.0.2.7"
[[nodiscard]] base::Result<std::vector<Network>> parse_networks(std::string_view text);
// "linux/arm64", "linux/arm/v7"
[[nodiscard]] base::Result<std::string> parse_platform(std::string_view text);
[[nodiscard]] base::Result<OutputFormat> parse_output_format(std::string_view text);
[[nodiscard]] base::Result<SortBy> parse_sort_by(std::string_view text);
[[nodiscard]] base::Result<AuthMode> parse_auth_mode(std::string_view text);
[[nodiscard]] base::Result<observe::Level> parse_log_level(std::string_view text);
[[nodiscard]] base::Result<observe::Format> parse_log_format(std::string_view text);

// A user name or password: not empty, no control character. A user name at Harbor has no ":"
// either, since Basic authentication ends it there. No failure quotes what was written.
[[nodiscard]] base::Result<std::string> parse_username(std::string_view text);
[[nodiscard]] base::Result<std::string> parse_password(std::string_view text);

// What a *_FILE variable points to, without its trailing newline. At most 64 KiB.
[[nodiscard]] base::Result<std::string> read_secret_file(const std::string& path);

}  // namespace harbor_router::options
