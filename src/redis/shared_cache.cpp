#include "harbor_router/redis/shared_cache.hpp"

#include <cmath>

#include "harbor_router/http/tls.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "redis/client.hpp"
#include "redis/keys.hpp"

namespace harbor_router::redis {

namespace {

// Heat halves in this time: a mapping's score is log2 of its hits plus the halvings since 1970, so
// that what nobody asks for any more sinks without anybody counting it down.
constexpr double half_life_seconds = 600;
constexpr const char* hot_lasts_seconds = "86400";

std::string score_of(std::uint32_t hits, store::WallTime now) {
  const double seconds =
      std::chrono::duration_cast<std::chrono::duration<double>>(now.time_since_epoch()).count();
  return std::to_string(std::log2(double(hits) + 1) + seconds / half_life_seconds);
}

}  // namespace

struct SharedCache::Parts {
  Parts(Thread given, PendingPurges& doubted, CacheEvents told)
      : settings(given.settings),
        keys(given.settings.key_prefix),
        purges(doubted),
        events(std::move(told)),
        client(Surroundings(given), {.connected = events.connected,
                                     .away = events.away,
                                     .dropped = events.dropped,
                                     .forbidden = events.forbidden,
                                     .refuses = events.refuses}) {}

  void ignore() const {
    if (events.ignored) events.ignored();
  }
  // Unless it is Redis that says no: no value is to blame for a right that is missing.
  void ignore(const Reply& reply) const {
    if (!reply.is_error() || reply.is_error("WRONGTYPE")) ignore();
  }
  // The record a reply holds, if it is one of this key that still holds.
  [[nodiscard]] std::optional<store::Record> record_in(const Reply& reply,
                                                       std::string_view member) const {
    if (reply.is_text() && reply.text.empty()) return std::nullopt;  // there is none
    auto record =
        reply.is_text()
            ? store::decode(reply.text)
            : base::Result<store::Record>(base::failure(base::Errc::invalid, "another type"));
    if (!record || member_of(record->key()) != member) {
      ignore(reply);
      return std::nullopt;
    }
    if (store::state_of(*record, store::Now::read().wall) == store::State::absent ||
        purges.matches(record->key(), base::Clock::now()))
      return std::nullopt;
    return std::move(*record);
  }
  [[nodiscard]] Awaitable<base::Result<std::vector<Reply>>> values_of(
      std::vector<std::string> members);

  const Settings& settings;
  const Keys keys;
  PendingPurges& purges;
  const CacheEvents events;
  Client client;
};

// One reply a member.
Awaitable<base::Result<std::vector<Reply>>> SharedCache::Parts::values_of(
    std::vector<std::string> members) {
  std::vector<std::string> questions;
  for (const std::string& member : members) questions.push_back(ask_value(keys.mapping(member)));
  auto replies = co_await client.ask_all(std::move(questions));
  co_return replies;
}

SharedCache::SharedCache(Thread thread, PendingPurges& purges, CacheEvents events)
    : parts_(std::make_unique<Parts>(thread, purges, std::move(events))) {}
SharedCache::~SharedCache() = default;

http::Awaitable<> SharedCache::run() {
  return parts_->client.run();
}

void SharedCache::hear_of_master(const ServerAddress& master) {
  parts_->client.hear_of_master(master);
}

void SharedCache::forget_writes(const std::string& pattern) {
  const store::ImagePattern meant(pattern);
  parts_->client.forget_writes([&](const std::string& name) {
    const auto key = parts_->keys.mapping_in(name);
    return key && meant.matches(*key);
  });
}

void SharedCache::ignored() {
  parts_->ignore();
}

http::Awaitable<SharedCache::Found> SharedCache::find(Wanted wanted) {
  const auto key = [&wanted](std::string_view reference) {
    return store::Key{.hint = wanted.hint, .repository = wanted.repository, .reference = reference};
  };
  const bool by_reference = !wanted.reference.empty();
  std::vector<std::string> members;
  if (by_reference) members.push_back(member_of(key(wanted.reference)));
  if (!by_reference || wanted.or_repository) members.push_back(member_of(key({})));
  auto replies = co_await parts_->values_of(members);
  Found found;
  if (!replies) co_return found;
  for (std::size_t i = 0; i < members.size(); ++i)
    (by_reference && i == 0 ? found.reference : found.repository) =
        parts_->record_in((*replies)[i], members[i]);
  co_return found;
}

// An absence may have waited for Redis while another replica found the image, and takes no
// mapping's place.
void SharedCache::publish(const store::Record& record) {
  parts_->client.write({.key = parts_->keys.mapping(record.key()),
                        .value = store::encode(record),
                        .until = record.stale_until,
                        .over = record.negative ? Write::Over::nothing : Write::Over::anything});
}

void SharedCache::forget(const store::Key& key) {
  parts_->client.write({.key = parts_->keys.mapping(key)});
}

http::Awaitable<base::Result<std::string>> SharedCache::projects() {
  // No list is so long; a longer one is cut, and refused.
  static const std::string most = std::to_string(ReplyReader::most_bytes / 2);
  std::string question = command({"GETRANGE", parts_->keys.projects(), "0", most});
  auto reply = co_await parts_->client.ask(std::move(question));
  if (!reply) co_return reply.error();
  if (!reply->is_text()) {
    parts_->ignore(*reply);
    co_return std::string();
  }
  co_return std::move(reply->text);
}

void SharedCache::publish_projects(std::string text, store::WallTime until) {
  parts_->client.replace(
      {.key = parts_->keys.projects(), .value = std::move(text), .until = until});
}

http::Awaitable<base::Result<std::vector<store::Record>>> SharedCache::hottest(std::size_t most) {
  std::vector<store::Record> records;
  if (most == 0) co_return records;
  const std::string last = std::to_string(most - 1);
  std::string question = command({"ZREVRANGE", parts_->keys.hot(), "0", last});
  auto reply = co_await parts_->client.ask(std::move(question));
  if (!reply) co_return reply.error();
  if (reply->kind != Reply::Kind::array) {
    parts_->ignore(*reply);
    co_return records;
  }
  constexpr std::size_t at_once = 100;
  std::vector<std::string> members;
  for (std::size_t i = 0; i < reply->elements.size(); ++i) {
    Reply& element = reply->elements[i];
    if (element.is_text() && element.text.size() <= longest_member)
      members.push_back(std::move(element.text));
    else
      parts_->ignore();
    const bool is_last = i + 1 == reply->elements.size();
    if (members.empty() || (members.size() < at_once && !is_last)) continue;
    auto replies = co_await parts_->values_of(members);
    if (!replies) co_return replies.error();
    for (std::size_t at = 0; at < members.size(); ++at) {
      auto record = parts_->record_in((*replies)[at], members[at]);
      if (record) records.push_back(std::move(*record));
    }
    members.clear();
  }
  co_return records;
}

http::Awaitable<> SharedCache::publish_hottest(std::vector<store::Entry> entries,
                                               std::size_t most) {
  const store::WallTime now = store::Now::read().wall;
  std::vector<std::string> words;
  for (const store::Entry& entry : entries) {
    if (entry.hits == 0) continue;  // what was only restored is no hotter for it
    words.push_back(score_of(entry.hits, now));
    words.push_back(member_of(entry.key()));
  }
  if (words.empty() || most == 0) co_return;
  const std::string key = parts_->keys.hot();
  Arguments arguments = {"ZADD", key, "GT"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const std::string last_cut = std::to_string(-static_cast<std::int64_t>(most) - 1);
  for (const Arguments& each : {arguments, Arguments{"ZREMRANGEBYRANK", key, "0", last_cut},
                                Arguments{"EXPIRE", key, hot_lasts_seconds}}) {
    std::string question = command(each);
    auto reply = co_await parts_->client.ask(std::move(question));
    if (!reply) co_return;
    if (reply->is_error()) parts_->ignore(*reply);
  }
}

http::Awaitable<> SharedCache::tell_breaker_open(std::string project) {
  const std::string message = message_of(project);
  std::string question = command({"PUBLISH", parts_->keys.breakers(), message});
  co_await parts_->client.ask(std::move(question));  // a hint: whoever misses it finds out himself
}

std::unique_ptr<http::asio::ssl::context> make_tls(const Settings& settings) {
  if (settings.transport == Transport::plain) return nullptr;
  return std::make_unique<http::asio::ssl::context>(
      http::client_tls(settings.ca_file, "REDIS_CA_FILE"));
}

}  // namespace harbor_router::redis
