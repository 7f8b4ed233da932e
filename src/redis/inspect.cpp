#include "harbor_router/redis/inspect.hpp"

#include <boost/asio/co_spawn.hpp>

#include "harbor_router/redis/shared_cache.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "redis/keys.hpp"
#include "redis/link.hpp"

namespace harbor_router::redis {

namespace {

using base::Errc;
using base::failure;

// A person waits for these, so they may take longer than a command of the proxy.
constexpr std::chrono::seconds patience{10};

struct Page {
  std::string cursor;
  std::vector<std::string> keys;
};

base::Result<Page> page_of(Reply reply) {
  if (reply.is_error()) return failure(Errc::unexpected_answer, reply.text);
  if (reply.elements.size() != 2 || reply.elements[1].kind != Reply::Kind::array)
    return failure(Errc::unexpected_answer, "no answer to SCAN");
  Page page{.cursor = std::move(reply.elements[0].text)};
  for (Reply& key : reply.elements[1].elements) page.keys.push_back(std::move(key.text));
  return page;
}

// Calls each(link, keys) for every page of keys below the prefix, until it fails or says stop.
enum class Then { go_on, stop };
using EachPage =
    std::function<Awaitable<base::Result<Then>>(Link& link, std::vector<std::string> keys)>;

Awaitable<base::Result<void>> scan_keys(Link& link, const Keys& keys, EachPage each) {
  const std::string all = keys.all_mappings();
  std::string cursor = "0";
  do {
    std::string question = command({"SCAN", cursor, "MATCH", all, "COUNT", "500"});
    auto reply = co_await link.ask(std::move(question), base::Clock::now() + patience);
    if (!reply) co_return reply.error();
    auto page = page_of(std::move(*reply));
    if (!page) co_return page.error();
    cursor = page->cursor;
    if (page->keys.empty()) continue;
    auto done = co_await each(link, std::move(page->keys));
    if (!done) co_return done.error();
    if (*done == Then::stop) break;
  } while (cursor != "0");
  co_return base::Result<void>{};
}

// Connects, and runs the work to its end on a context of its own.
using Work = std::function<Awaitable<base::Result<void>>(Link& link)>;

Awaitable<base::Result<void>> connected(Surroundings surroundings, const Work& work) {
  MasterSearch search(surroundings.settings);
  FoundMaster found = co_await find_master(surroundings, search);
  if (!found.link) co_return failure(Errc::connect_failed, "Redis: " + search.why().detail);
  auto done = co_await work(*found.link);
  co_return done;
}

base::Result<void> run_to_end(const Settings& settings, const Work& work,
                              const std::stop_token& stop = {}) {
  const auto tls = make_tls(settings);
  http::asio::io_context context{1};
  http::Deadlines deadlines(context);
  deadlines.start();
  std::optional<base::Result<void>> result;
  const Surroundings surroundings(Thread{context, deadlines, settings, tls.get()});
  http::asio::co_spawn(context, connected(surroundings, work),
                       [&](std::exception_ptr error, base::Result<void> done) {
                         deadlines.stop();
                         if (error) std::rethrow_exception(error);
                         result = std::move(done);
                       });
  const std::stop_callback stopping(stop, [&context] { context.stop(); });
  context.run();
  if (!result) return failure(Errc::cancelled, "the process stops");
  return *result;
}

// Whether more are wanted after this value; counts it.
bool visit_value(const Keys& keys, const std::string& key, const Reply& value,
                 const Visitor& visitor, Scanned& scanned) {
  if (value.text.empty()) return true;  // gone since
  const auto record = store::decode(value.text);
  if (!record || keys.mapping(record->key()) != key) {
    ++scanned.ignored;
    return visitor.unreadable(*keys.mapping_in(key));
  }
  if (store::state_of(*record, store::Now::read().wall) == store::State::absent) return true;
  ++scanned.records;
  return visitor.record(*record);
}

// An error reply is a failure, with the words of Redis.
Awaitable<base::Result<Reply>> told(Link& link, std::string question) {
  auto reply = co_await link.ask(std::move(question), base::Clock::now() + patience);
  if (reply && reply->is_error()) co_return failure(Errc::unexpected_answer, reply->text);
  co_return reply;
}

}  // namespace

base::Result<Scanned> scan(const Settings& settings, const Visitor& visitor) {
  const Keys keys(settings.key_prefix);
  Scanned scanned;
  const EachPage each = [&](Link& link,
                            std::vector<std::string> page) -> Awaitable<base::Result<Then>> {
    std::string questions;
    for (const std::string& key : page) questions += ask_value(key);
    auto value = co_await link.ask(std::move(questions), base::Clock::now() + patience);
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (i != 0) value = co_await link.read(base::Clock::now() + patience);
      if (!value) co_return value.error();
      if (value->is_error() && !value->is_error("WRONGTYPE"))
        co_return failure(Errc::unexpected_answer, value->text);
      if (!visit_value(keys, page[i], *value, visitor, scanned)) co_return Then::stop;
    }
    co_return Then::go_on;
  };
  const Work work = [&](Link& link) { return scan_keys(link, keys, each); };
  if (const auto done = run_to_end(settings, work); !done) return done.error();
  return scanned;
}

base::Result<Scanned> purge(const Settings& settings, std::string_view pattern,
                            std::stop_token stop) {
  const Keys keys(settings.key_prefix);
  const std::string meant(pattern.empty() ? "*" : pattern);
  if (meant.size() > store::ImagePattern::longest)
    return failure(Errc::too_large, store::ImagePattern::too_long);
  const store::ImagePattern pattern_meant(meant);
  Scanned scanned;
  // By their names alone, so that what is purged may be anything.
  const EachPage remove = [&](Link& link,
                              std::vector<std::string> page) -> Awaitable<base::Result<Then>> {
    Arguments arguments = {"UNLINK"};
    for (const std::string& key : page) {
      const auto mapping = keys.mapping_in(key);  // nothing: not what was scanned for
      if (mapping && pattern_meant.matches(*mapping)) arguments.push_back(key);
    }
    if (arguments.size() == 1) co_return Then::go_on;
    std::string question = command(arguments);
    auto reply = co_await told(link, std::move(question));
    if (!reply) co_return reply.error();
    scanned.records += static_cast<std::size_t>(reply->integer);
    co_return Then::go_on;
  };
  const Work remove_all = [&](Link& link) { return scan_keys(link, keys, remove); };
  const Work tell = [&](Link& link) -> Awaitable<base::Result<void>> {
    const std::string message = message_of(meant);
    std::string question = command({"PUBLISH", keys.purges(), message});
    auto reply = co_await told(link, std::move(question));
    if (!reply) co_return reply.error();
    co_return base::Result<void>{};
  };
  const auto removed = run_to_end(settings, remove_all, stop);
  if (!removed && removed.error().code == Errc::connect_failed) return removed.error();
  // The replicas forget theirs also where not all of Redis could be read.
  const auto heard = run_to_end(settings, tell, stop);
  if (!removed) return removed.error();
  if (!heard) return heard.error();
  return scanned;
}

}  // namespace harbor_router::redis
