// The values of values.hpp that name hosts or addresses.

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "cmd/options/values.hpp"
#include "harbor_router/base/ascii.hpp"

namespace harbor_router::options {
namespace {

using base::Result;

base::Failure wrong(std::string_view text, std::string_view why) {
  return base::failure(base::Errc::invalid, fmt::format("\"{}\" {}", text, why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return port;
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, 16> ignored{};
  return inet_pton(family, text.c_str(), ignored.data()) == 1;
}

// Labels of letters, digits, '-' and '_' (as containers have them), joined by '.'.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  char before = '.';
  for (const char c : text) {
    const bool alphanumeric = base::is_alphanumeric(c) || c == '_';
    if (!alphanumeric && c != '-' && c != '.') return false;
    if (!alphanumeric && before == '.') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const bool ipv4 = is_address(AF_INET, address);
  if (!ipv4 && !is_address(AF_INET6, address)) return std::nullopt;
  Network network;
  if (ipv4) {
    network.address[10] = network.address[11] = 0xff;
    inet_pton(AF_INET, address.c_str(), network.address.data() + 12);
  } else {
    inet_pton(AF_INET6, address.c_str(), network.address.data());
  }
  if (slash == std::string_view::npos) return network;
  const auto prefix = parse_port(text.substr(slash + 1));
  if (!prefix || *prefix > (ipv4 ? 32 : 128)) return std::nullopt;
  network.prefix = *prefix + (ipv4 ? 96 : 0);
  return network;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  constexpr std::string_view kRight = "write one such as :8080, 127.0.0.1:8080 or [::1]:8080";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos && parse_port(text))
    return wrong(text,
                 fmt::format("lacks the colon before the port: write :{0}, or with an address "
                             "127.0.0.1:{0} or [::1]:{0}",
                             text));
  if (colon == std::string_view::npos) return wrong(text, fmt::format("lacks a port; {}", kRight));
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return wrong(text, fmt::format("has no port from 0 to 65535; {}", kRight));
  ListenAddress address{.host = std::string(text.substr(0, colon)), .port = *port};
  if (address.host.empty() || is_address(AF_INET, address.host)) return address;
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
    if (is_address(AF_INET6, address.host)) return address;
  }
  return wrong(text, fmt::format("names no IP address to listen on; {}", kRight));
}

bool overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.port != b.port || a.port == 0) return false;
  constexpr std::string_view kAll = "::";  // of both families
  const std::string_view first = a.host.empty() ? kAll : a.host;
  const std::string_view second = b.host.empty() ? kAll : b.host;
  const auto one = parse_network(first), other = parse_network(second);
  if (!one || !other) return first == second;
  const Network all = *parse_network(kAll), all_ipv4 = *parse_network("0.0.0.0");
  const auto includes = [&](const Network& wide, const Network& narrow) {
    const bool is_ipv4 = std::ranges::equal(std::span(narrow.address).first(12),
                                            std::span(all_ipv4.address).first(12));
    return wide == narrow || wide == all || (wide == all_ipv4 && is_ipv4);
  };
  return includes(*one, *other) || includes(*other, *one);
}

Result<http::Origin> parse_origin(std::string_view text) {
  constexpr std::string_view kRight =
      "write one such as https://harbor.example.com or http://harbor-core:80";
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return wrong(text, fmt::format("is no URL; {}", kRight));
  const auto& url = *parsed;
  const bool https = url.scheme_id() == boost::urls::scheme::https;
  if (!https && url.scheme_id() != boost::urls::scheme::http) {
    return wrong(text, fmt::format("is neither http nor https; {}", kRight));
  }
  if (url.has_userinfo()) {
    // Not quoted: it may hold a password.
    return base::failure(base::Errc::invalid,
                         fmt::format("holds a user name or password, which have settings of their "
                                     "own; {}",
                                     kRight));
  }
  if (url.has_query() || url.has_fragment()) {
    return wrong(text, fmt::format("has a query or fragment; {}", kRight));
  }
  // What no host or port has ends the authority, and is then read as a path without a slash.
  if (!url.encoded_path().empty() && !url.encoded_path().starts_with('/')) {
    return wrong(text,
                 fmt::format("has no valid {}; {}", url.has_port() ? "port" : "host", kRight));
  }
  if (!url.encoded_path().empty() && url.encoded_path() != "/") {
    return wrong(text, fmt::format("has a path, but the registry API and Harbor's own stand at the "
                                   "root of a host; {}",
                                   kRight));
  }
  http::Origin origin{.scheme = https ? http::Scheme::https : http::Scheme::http,
                      .host = url.host_address(),
                      .port = static_cast<std::uint16_t>(https ? 443 : 80)};
  if (origin.host.empty()) return wrong(text, fmt::format("names no host; {}", kRight));
  if (!is_host_name(origin.host) && !is_address(AF_INET6, origin.host)) {
    return wrong(text, fmt::format("names no valid host; {}", kRight));
  }
  if (url.has_port()) {
    const auto port = parse_port({url.port().data(), url.port().size()});
    if (!port || *port == 0) {
      return wrong(text, fmt::format("has no port from 1 to 65535; {}", kRight));
    }
    origin.port = *port;
  }
  return origin;
}

namespace {

Result<std::vector<ServerAddress>> parse_servers(std::string_view text, std::uint16_t usual_port) {
  std::vector<ServerAddress> servers;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto item = base::trimmed(text.substr(at, comma - at));
    at = comma + 1;
    const base::Failure none =
        wrong(item, "is no server; write a list such as redis-1:26379,redis-2:26379");
    const bool bracketed = item.starts_with('[');
    const auto host_end = bracketed ? item.find(']') : std::min(item.rfind(':'), item.size());
    if (host_end == std::string_view::npos) return none;
    ServerAddress server{
        .host = std::string(item.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0))),
        .port = usual_port};
    const bool valid = bracketed ? is_address(AF_INET6, server.host) : is_host_name(server.host);
    if (!valid) return none;
    const auto rest = item.substr(host_end + (bracketed ? 1 : 0));
    if (!rest.empty()) {
      const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
      if (port.value_or(0) == 0) return none;
      server.port = *port;
    }
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace

Result<std::vector<ServerAddress>> parse_sentinels(std::string_view text) {
  return parse_servers(text, 26379);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  constexpr std::string_view kRight = "write one such as redis://cache:6379 or rediss://cache";
  const bool tls = text.starts_with("rediss://");
  if (!tls && !text.starts_with("redis://")) {
    // Not quoted: it may hold a password.
    return base::failure(base::Errc::invalid,
                         fmt::format("is neither redis:// nor rediss://; {}", kRight));
  }
  auto rest = text.substr(tls ? 9 : 8);
  if (rest.find('@') != std::string_view::npos) {
    return base::failure(base::Errc::invalid,
                         fmt::format("holds a user name or password, which go into REDIS_USERNAME "
                                     "and REDIS_PASSWORD; {}",
                                     kRight));
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#,") != std::string_view::npos) {
    return wrong(text, fmt::format("has something behind the server; a database is set by "
                                   "REDIS_DB; {}",
                                   kRight));
  }
  const auto servers = parse_servers(rest, 6379);
  if (!servers) return wrong(text, fmt::format("names no server; {}", kRight));
  return RedisUrl{.server = servers->front(), .tls = tls};
}

Result<std::string> parse_registry_host(std::string_view text) {
  constexpr std::string_view kWhy =
      "is no registry host; write one such as docker.io or registry.example.com:5000";
  const auto colon = text.find(':');
  if (!is_host_name(text.substr(0, colon))) return wrong(text, kWhy);
  if (colon != std::string_view::npos && parse_port(text.substr(colon + 1)).value_or(0) == 0) {
    return wrong(text, kWhy);
  }
  return base::lower_cased(text);
}

Result<std::vector<Network>> parse_networks(std::string_view text) {
  std::vector<Network> networks;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto item = base::trimmed(text.substr(at, comma - at));
    const auto network = parse_network(item);
    if (!network) {
      return wrong(item, "is no network; write a list such as 10.0.0.0/8,fd00::/8,192.0.2.7");
    }
    networks.push_back(*network);
    at = comma + 1;
  }
  return networks;
}

}  // namespace harbor_router::options
