// Settings of what replicas share, and of what a later start finds.
#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

using namespace rows;

constexpr auto kShared = &Settings::shared_cache;
using S = SharedCacheSettings;
constexpr Commands kSharing = Commands::serve | Commands::cache_inspect;

constexpr Setting kSharedCache[] = {
    {.flag = "--redis-sentinels",
     .variable = "REDIS_SENTINELS",
     .kind = ValueKind::text,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The Sentinels that know the Redis master, as HOST:PORT,...; replicas then share what "
             "they learn.",
     .assign = into<parse_sentinels, kShared, &S::sentinels>},
    {.flag = "--redis-master-name",
     .variable = "REDIS_MASTER_NAME",
     .fallback = "mymaster",
     .kind = ValueKind::text,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The name the Sentinels know the master by.",
     .assign = into<parse_word, kShared, &S::master_name>},
    {.flag = "--redis-url",
     .variable = "REDIS_URL",
     .kind = ValueKind::url,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "A single Redis in place of Sentinels; rediss:// speaks TLS.",
     .assign = into<parse_redis_url, kShared, &S::url>},
    {.flag = "--redis-username",
     .variable = "REDIS_USERNAME",
     .kind = ValueKind::text,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The ACL user at Redis; without it the default user.",
     .assign = into<parse_password, kShared, &S::username>},
    {.variable = "REDIS_PASSWORD",
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The password at Redis.",
     .assign = into_secret<parse_password, kShared, &S::password>,
     .secret = secret<kShared, &S::password>},
    {.variable = "REDIS_SENTINEL_PASSWORD",
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The password at the Sentinels.",
     .assign = into_secret<parse_password, kShared, &S::sentinel_password>,
     .secret = secret<kShared, &S::sentinel_password>},
    {.flag = "--redis-db",
     .variable = "REDIS_DB",
     .fallback = "0",
     .kind = ValueKind::count,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The number of the database in Redis.",
     .assign = into<count<0, 1'000'000>, kShared, &S::database>},
    {.flag = "--redis-key-prefix",
     .variable = "REDIS_KEY_PREFIX",
     .fallback = "hr",
     .kind = ValueKind::text,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "What every key and channel in Redis begins with; one for each Harbor and account.",
     .assign = into<parse_word, kShared, &S::key_prefix>},
    {.flag = "--redis-tls",
     .variable = "REDIS_TLS",
     .fallback = "false",
     .kind = ValueKind::choice,
     .choices = "true|false",
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "Whether to speak TLS to Redis and the Sentinels.",
     .assign = into<parse_truth, kShared, &S::tls>},
    {.flag = "--redis-ca-file",
     .variable = "REDIS_CA_FILE",
     .kind = ValueKind::file,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "The certificates (PEM) that Redis is checked against, in place of the system's.",
     .assign = into<parse_certificate_file, kShared, &S::ca_file>},
    {.flag = "--redis-timeout",
     .variable = "REDIS_TIMEOUT",
     .fallback = "100ms",
     .kind = ValueKind::duration,
     .group = Group::shared_cache,
     .used_by = kSharing,
     .help = "How long a pull waits for Redis at most.",
     .assign = into<positive, kShared, &S::timeout>},
    {.flag = "--cache-warmup-top-n",
     .variable = "CACHE_WARMUP_TOP_N",
     .fallback = "100",
     .kind = ValueKind::count,
     .group = Group::shared_cache,
     .help = "How many of the mappings asked for most are read from Redis at start.",
     .assign = into<count<0, 10'000>, kShared, &S::warmup_top_n>},
    {.flag = "--cache-snapshot-file",
     .variable = "CACHE_SNAPSHOT_FILE",
     .kind = ValueKind::file,
     .group = Group::shared_cache,
     .help =
         "The file mappings are written to every minute and at the end, and read from at start.",
     .assign = into<parse_new_file, kShared, &S::snapshot_file>},
};

}  // namespace

std::span<const Setting> shared_cache_rows() {
  return kSharedCache;
}

}  // namespace harbor_router::options
