// Where a setting comes from, and what is said about bad ones.
#include "cmd/options/resolve.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <doctest/doctest.h>

#include "unit/trust.hpp"

namespace {

using namespace harbor_router::options;
using namespace std::chrono_literals;

class Pod {  // what stands around the process: environment, files, flags
 public:
  Pod() {
    std::string name = (std::filesystem::temp_directory_path() / "resolve-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Pod() { std::filesystem::remove_all(folder_); }
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;

  Pod& account() { return set("HARBOR_USERNAME", "robot$router").set("HARBOR_PASSWORD", "s3cret"); }
  Pod& set(const std::string& variable, const std::string& value) {
    environment_[variable] = value;
    return *this;
  }
  Pod& flag(const std::string& flag, const std::string& value) {
    flags_[flag] = {value};
    return *this;
  }
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }

  Resolved resolve(std::span<const Setting> rows = harbor_router::options::settings()) const {
    return resolve_settings({.rows = rows,
                             .command = Commands::serve,
                             .flags = flags_,
                             .environment = [this](std::string_view name) {
                               const auto found = environment_.find(name);
                               return found == environment_.end()
                                          ? std::nullopt
                                          : std::optional<std::string>(found->second);
                             }});
  }
  Settings settings() const {
    auto resolved = resolve();
    for (const auto& problem : resolved.problems) MESSAGE(problem);
    REQUIRE(resolved.problems.empty());
    return std::move(resolved.settings);
  }
  std::vector<std::string> problems() const { return resolve().problems; }

 private:
  std::map<std::string, std::string, std::less<>> environment_;
  Flags flags_;
  std::filesystem::path folder_;
};

Source source_of(const Settings& settings, std::string_view name) {
  const auto found = std::ranges::find(settings.effective, name, &EffectiveSetting::name);
  REQUIRE(found != settings.effective.end());
  return found->source;
}

TEST_CASE("with nothing but an account, every setting has its default") {
  auto settings = Pod().account().settings();
  CHECK(settings.harbor.username == Secret{.value = "robot$router", .file = ""});
  CHECK(settings.harbor.password == Secret{.value = "s3cret", .file = ""});
  settings.harbor.username = settings.harbor.password = {};
  settings.effective.clear();
  CHECK(settings == Settings{});
}

TEST_CASE("a flag wins over its variable, and that over the default") {
  Pod pod;
  pod.account();
  CHECK(pod.settings().cache.ttl == 300s);
  CHECK(source_of(pod.settings(), "CACHE_TTL") == Source::fallback);
  pod.set("CACHE_TTL", "1m");
  CHECK(pod.settings().cache.ttl == 60s);
  CHECK(source_of(pod.settings(), "CACHE_TTL") == Source::variable);
  pod.flag("--cache-ttl", "5s");
  CHECK(pod.settings().cache.ttl == 5s);
  CHECK(source_of(pod.settings(), "CACHE_TTL") == Source::flag);
  pod.set("CACHE_TTL", "rubbish that loses");
  CHECK(pod.settings().cache.ttl == 5s);
}

TEST_CASE("an empty variable counts as unset") {
  CHECK(Pod().account().set("CACHE_TTL", "").settings().cache.ttl == 300s);
  CHECK(Pod().account().set("HARBOR_PASSWORD_FILE", "").settings().harbor.password.value ==
        "s3cret");
  CHECK(Pod().account().set("HARBOR_PASSWORD", "").problems().size() == 1);
}

TEST_CASE("a secret's file wins over its variable, and its path is kept for reading it again") {
  Pod pod;
  const auto path = pod.file("password", "from file\n");
  pod.account().set("HARBOR_PASSWORD_FILE", path);
  CHECK(pod.settings().harbor.password == Secret{.value = "from file", .file = path});
  CHECK(source_of(pod.settings(), "HARBOR_PASSWORD") == Source::file);
}

TEST_CASE("a secret is never among the effective settings") {
  const auto settings = Pod().account().settings();
  for (const auto& setting : settings.effective) {
    CHECK(setting.value.find("s3cret") == std::string::npos);
    CHECK(setting.value.find("robot") == std::string::npos);
  }
  CHECK(source_of(settings, "HARBOR_USERNAME") == Source::variable);
}

TEST_CASE("the account is required, but not by the demo") {
  const auto problems = Pod().problems();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].starts_with("HARBOR_USERNAME is missing"));
  CHECK(problems[1].starts_with("HARBOR_PASSWORD is missing"));
  CHECK(problems[1].find("HARBOR_PASSWORD_FILE") != std::string::npos);
  CHECK(Pod().flag("--demo", "true").settings().demo);
}

TEST_CASE("every bad value is named as the person wrote it") {
  Pod pod;
  pod.account()
      .set("CACHE_TTL", "10")
      .set("LISTEN_ADDR", "here")
      .set("HARBOR_PASSWORD_FILE", "/nonexistent/password")
      .set("HARBOR_USERNAME_FILE", pod.file("user", "a:b"))
      .flag("--threads", "-1");
  const auto problems = pod.problems();
  const auto told = [&problems](std::string_view beginning) {
    return std::ranges::count_if(problems, [beginning](const std::string& problem) {
      return problem.starts_with(beginning);
    });
  };
  CHECK(problems.size() == 5);
  CHECK(told("CACHE_TTL: \"10\" lacks a unit; write one such as 300ms") == 1);
  CHECK(told("LISTEN_ADDR: \"here\" lacks a port; write one such as :8080") == 1);
  CHECK(told("HARBOR_PASSWORD_FILE: cannot read \"/nonexistent/password\": No such file") == 1);
  CHECK(told("HARBOR_USERNAME_FILE: holds a ':'") == 1);
  CHECK(told("--threads: \"-1\" is no whole number; write one from 0 to 1024") == 1);
}

TEST_CASE("files whose content is wrong are named beside other bad values") {
  Pod pod;
  const auto rubbish = pod.file("rubbish", "x\n");
  pod.account()
      .set("HARBOR_CA_FILE", rubbish)
      .set("REDIS_CA_FILE", rubbish)
      .set("CLIENT_AUTH_FILE", rubbish)
      .set("CACHE_TTL", "oops");
  CHECK(pod.problems().size() == 4);
}

TEST_CASE("a name at Redis may hold a colon, which none at Harbor does") {
  Pod pod;
  pod.account().set("REDIS_USERNAME", "team:router");
  CHECK(pod.settings().shared_cache.username == "team:router");
}

TEST_CASE("an empty secret file is named, not taken for no password") {
  Pod pod;
  pod.account().set("HARBOR_PASSWORD_FILE", pod.file("password", "\n"));
  REQUIRE(pod.problems().size() == 1);
  CHECK(pod.problems()[0] == "HARBOR_PASSWORD_FILE: is empty");
}

TEST_CASE("two listeners on one address are told apart before they fail to bind") {
  Pod pod;
  pod.account().set("METRICS_ADDR", ":8080");
  REQUIRE(pod.problems().size() == 1);
  CHECK(pod.problems()[0].find("METRICS_ADDR") != std::string::npos);
  pod.set("METRICS_ADDR", "127.0.0.1:8080");
  CHECK(pod.problems().size() == 1);
  pod.set("METRICS_ADDR", ":0").set("LISTEN_ADDR", ":0");
  CHECK(pod.settings().listener.metrics.port == 0);
}

TEST_CASE("each row assigns the field it is named after") {
  Pod pod;
  const auto file = pod.file("file", harbor_router::testing::certificate);
  const auto clients = pod.file("clients", harbor_router::testing::htpasswd_line);
  const auto s = pod.account()
                     .set("HARBOR_URL", "https://h:1")
                     .set("ADMIN_TOKEN", "t")
                     .set("HARBOR_CA_FILE", file)
                     .set("DISCOVERY_INTERVAL", "1s")
                     .set("PROXY_PROJECT", "all")
                     .set("ROOT_REGISTRY", "docker.io")
                     .set("RESOLVER_TIMEOUT", "2s")
                     .set("MAX_FANOUT_PROJECTS", "3")
                     .set("CACHE_TTL", "4s")
                     .set("NEGATIVE_CACHE_TTL", "0")
                     .set("STALE_WHILE_REVALIDATE", "6s")
                     .set("CACHE_CAPACITY", "7")
                     .set("MANIFEST_CACHE_SIZE", "256MiB")
                     .set("MANIFEST_CACHE_TTL", "31s")
                     .set("AUTH_CACHE_TTL", "32s")
                     .set("MAX_IDLE_CONNS_PER_HOST", "8")
                     .set("MAX_CONNS_PER_HOST", "9")
                     .set("IDLE_CONN_TIMEOUT", "10s")
                     .set("BLOB_READ_TIMEOUT", "11s")
                     .set("LISTEN_ADDR", ":12")
                     .set("METRICS_ADDR", ":13")
                     .set("LISTEN_BACKLOG", "14")
                     .set("THREADS", "15")
                     .set("SHUTDOWN_GRACE", "16s")
                     .set("LOG_LEVEL", "error")
                     .set("LOG_FORMAT", "json")
                     .set("AUTH_MODE", "service")
                     .set("PUBLIC_URL", "https://p")
                     .set("CLIENT_AUTH_FILE", clients)
                     .set("CIRCUIT_BREAKER_THRESHOLD", "17")
                     .set("CIRCUIT_BREAKER_TIMEOUT", "18s")
                     .set("RETRY_MAX_ATTEMPTS", "1")
                     .set("RETRY_BASE_DELAY", "19ms")
                     .set("BLOB_RESUME_MAX", "20")
                     .set("UPSTREAM_MAX_INFLIGHT", "21")
                     .set("CLIENT_HEADER_TIMEOUT", "22s")
                     .set("CLIENT_IDLE_TIMEOUT", "23s")
                     .set("CLIENT_WRITE_TIMEOUT", "24s")
                     .set("MAX_CONNECTIONS", "25")
                     .set("RATE_LIMIT_PER_IP", "26")
                     .set("TRUSTED_PROXIES", "10.0.0.0/8")
                     .set("SHUTDOWN_DELAY", "27s")
                     .set("REDIS_SENTINELS", "s1:1, s2,[::1]:3")
                     .set("REDIS_MASTER_NAME", "harbor-redis")
                     .set("REDIS_USERNAME", "router")
                     .set("REDIS_PASSWORD", "p1")
                     .set("REDIS_SENTINEL_PASSWORD", "p2")
                     .set("REDIS_DB", "28")
                     .set("REDIS_KEY_PREFIX", "hr:test")
                     .set("REDIS_TLS", "true")
                     .set("REDIS_CA_FILE", file)
                     .set("REDIS_TIMEOUT", "29ms")
                     .set("CACHE_WARMUP_TOP_N", "30")
                     .set("CACHE_SNAPSHOT_FILE", file)
                     .settings();
  CHECK(s.harbor.url == harbor_router::http::Origin{
                            .scheme = harbor_router::http::Scheme::https, .host = "h", .port = 1});
  CHECK(s.harbor.ca_file == file);
  CHECK(s.harbor.discovery_interval == 1s);
  CHECK(s.names.proxy_project == "all");
  CHECK(s.names.root_registry == "docker.io");
  CHECK(s.resolver.timeout == 2s);
  CHECK(s.resolver.max_fanout_projects == 3);
  CHECK(s.cache.ttl == 4s);
  CHECK(s.cache.negative_ttl == 0s);
  CHECK(s.cache.stale_while_revalidate == 6s);
  CHECK(s.cache.capacity == 7);
  CHECK(s.cache.manifest_size == 256 << 20);
  CHECK(s.cache.manifest_ttl == 31s);
  CHECK(s.cache.grant_ttl == 32s);
  CHECK(s.upstream.max_idle_conns_per_host == 8);
  CHECK(s.upstream.max_conns_per_host == 9);
  CHECK(s.upstream.idle_conn_timeout == 10s);
  CHECK(s.upstream.blob_read_timeout == 11s);
  CHECK(s.listener.address.port == 12);
  CHECK(s.listener.metrics.port == 13);
  CHECK(s.listener.backlog == 14);
  CHECK(s.listener.threads == 15);
  CHECK(s.listener.shutdown_grace == 16s);
  CHECK(s.log.level == harbor_router::observe::Level::error);
  CHECK(s.log.format == harbor_router::observe::Format::json);
  CHECK(s.clients.auth_mode == AuthMode::service);
  REQUIRE(s.clients.public_url.has_value());
  CHECK(s.clients.public_url->host == "p");
  CHECK(s.clients.auth_file == clients);
  CHECK(s.upstream.circuit_breaker_threshold == 17);
  CHECK(s.upstream.circuit_breaker_timeout == 18s);
  CHECK(s.upstream.retry_max_attempts == 1);
  CHECK(s.upstream.retry_base_delay == 19ms);
  CHECK(s.upstream.blob_resume_max == 20);
  CHECK(s.upstream.max_inflight == 21);
  CHECK(s.clients.header_timeout == 22s);
  CHECK(s.clients.idle_timeout == 23s);
  CHECK(s.clients.write_timeout == 24s);
  CHECK(s.clients.max_connections == 25);
  CHECK(s.clients.rate_limit_per_ip == 26);
  CHECK(s.clients.trusted_proxies.size() == 1);
  CHECK(s.listener.shutdown_delay == 27s);
  const SharedCacheSettings& shared = s.shared_cache;
  CHECK(shared.sentinels == std::vector<ServerAddress>{{"s1", 1}, {"s2", 26379}, {"::1", 3}});
  CHECK(shared.master_name == "harbor-redis");
  CHECK(shared.username == "router");
  CHECK(shared.password.value == "p1");
  CHECK(shared.sentinel_password.value == "p2");
  CHECK(shared.database == 28);
  CHECK(shared.key_prefix == "hr:test");
  CHECK(shared.tls);
  CHECK(shared.ca_file == file);
  CHECK(shared.timeout == 29ms);
  CHECK(shared.warmup_top_n == 30);
  CHECK(shared.snapshot_file == file);
  // A row added to the table and forgotten here would leave its name untested.
  CHECK(s.admin_token.value == "t");
  // REDIS_URL stands for itself below: it excludes REDIS_SENTINELS.
  CHECK(
      std::ranges::count(s.effective, Source::variable, &EffectiveSetting::source) + 1 ==
      std::ranges::count_if(settings(), [](const Setting& row) { return !row.variable.empty(); }));
}

TEST_CASE("REDIS_URL names one server, with TLS or without, and excludes Sentinels") {
  Pod pod;
  pod.account();
  const auto read = [&pod](const char* url) {
    return *pod.set("REDIS_URL", url).settings().shared_cache.url;
  };
  CHECK(read("redis://cache:6380") == RedisUrl{.server = {"cache", 6380}});
  CHECK(read("redis://cache:06380") == RedisUrl{.server = {"cache", 6380}});
  CHECK(read("redis://cache:26379") == RedisUrl{.server = {"cache", 26379}});
  CHECK(read("rediss://cache.example.com/") ==
        RedisUrl{.server = {"cache.example.com", 6379}, .tls = true});
  CHECK(read("redis://[::1]") == RedisUrl{.server = {"::1", 6379}});
  for (const char* bad : {"http://cache", "redis://user:secret@cache", "redis://cache/2",
                          "redis://", "redis://cache:0", "redis://a,b"}) {
    CAPTURE(bad);
    const auto problems = pod.set("REDIS_URL", bad).problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("secret") == std::string::npos);
  }
  pod.set("REDIS_URL", "redis://cache").set("REDIS_SENTINELS", "s1");
  CHECK(pod.problems().size() == 1);
}

TEST_CASE("settings of another subcommand are left alone") {
  const Setting rows[] = {{.flag = "--x",
                           .variable = "X",
                           .fallback = "1",
                           .used_by = Commands::none,
                           .required_by = Commands::none,
                           .assign = [](Settings&, std::string_view) {
                             return harbor_router::base::Result<void>(harbor_router::base::failure(
                                 harbor_router::base::Errc::invalid, "was looked at"));
                           }}};
  CHECK(Pod().resolve(rows).problems.empty());
}

}  // namespace
