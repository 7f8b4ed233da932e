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

// Calls each(link, key, value) for every key below the prefix and its value, until it returns
// false.
using Each = std::function<bool(const std::string& key, const Reply& value)>;
using AfterPage = std::function<Awaitable<base::Result<void>>(Link& link)>;

Awaitable<base::Result<void>> read_all(Link& link, const Keys& keys, Each each, AfterPage after) {
  const std::string all = keys.all_mappings();
  std::string cursor = "0";
  do {
    std::string question = command({"SCAN", cursor, "MATCH", all, "COUNT", "500"});
    auto reply = co_await link.ask(std::move(question), base::Clock::now() + patience);
    if (!reply) co_return reply.error();
    auto page = page_of(std::move(*reply));
    if (!page) co_return page.error();
    cursor = page->cursor;
    if (!page->keys.empty()) {
      Arguments arguments = {"MGET"};
      arguments.insert(arguments.end(), page->keys.begin(), page->keys.end());
      question = command(arguments);
      auto values = co_await link.ask(std::move(question), base::Clock::now() + patience);
      if (!values) co_return values.error();
      if (values->is_error()) co_return failure(Errc::unexpected_answer, values->text);
      if (values->elements.size() != page->keys.size())
        co_return failure(Errc::unexpected_answer, "no answer to MGET");
      for (std::size_t i = 0; i < page->keys.size(); ++i)
        if (!each(page->keys[i], values->elements[i])) co_return base::Result<void>{};
    }
    if (after) {
      auto done = co_await after(link);
      if (!done) co_return done.error();
    }
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

base::Result<void> run_to_end(const Settings& settings, const Work& work) {
  const auto tls = make_tls(settings);
  http::asio::io_context context{1};
  http::Deadlines deadlines(context);
  deadlines.start();
  std::optional<base::Result<void>> result;
  const Surroundings surroundings{context, deadlines, settings, tls.get()};
  http::asio::co_spawn(context, connected(surroundings, work),
                       [&](std::exception_ptr error, base::Result<void> done) {
                         deadlines.stop();
                         if (error) std::rethrow_exception(error);
                         result = std::move(done);
                       });
  context.run();
  return *result;
}

// The record of a key, counted as ignored when the value is something else.
std::optional<store::Record> record_of(const Keys& keys, const std::string& key, const Reply& value,
                                       Scanned& scanned) {
  if (value.kind == Reply::Kind::nil) {  // gone since, or of another type
    return std::nullopt;
  }
  auto record = store::decode(value.text);
  if (!record || keys.mapping(record->key()) != key) {
    ++scanned.ignored;
    return std::nullopt;
  }
  if (store::state_of(*record, store::Now::read().wall) == store::State::absent)
    return std::nullopt;
  return std::move(*record);
}

}  // namespace

base::Result<Scanned> scan(const Settings& settings,
                           const std::function<bool(const store::Record&)>& visit) {
  const Keys keys(settings.key_prefix);
  Scanned scanned;
  const Each each = [&](const std::string& key, const Reply& value) {
    const auto record = record_of(keys, key, value, scanned);
    if (!record) return true;
    ++scanned.records;
    return visit(*record);
  };
  const Work work = [&](Link& link) { return read_all(link, keys, each, {}); };
  if (const auto done = run_to_end(settings, work); !done) return done.error();
  return scanned;
}

base::Result<Scanned> purge(const Settings& settings, std::string_view pattern) {
  const Keys keys(settings.key_prefix);
  const std::string meant(pattern);
  Scanned scanned;
  std::vector<std::string> matching;
  const Each each = [&](const std::string& key, const Reply& value) {
    const auto record = record_of(keys, key, value, scanned);
    if (record && store::matches(meant, record->key())) matching.push_back(key);
    return true;
  };
  const AfterPage remove = [&](Link& link) -> Awaitable<base::Result<void>> {
    if (matching.empty()) co_return base::Result<void>{};
    Arguments arguments = {"UNLINK"};
    arguments.insert(arguments.end(), matching.begin(), matching.end());
    std::string question = command(arguments);
    auto reply = co_await link.ask(std::move(question), base::Clock::now() + patience);
    if (!reply) co_return reply.error();
    if (reply->is_error()) co_return failure(Errc::unexpected_answer, reply->text);
    scanned.records += static_cast<std::size_t>(reply->integer);
    matching.clear();
    co_return base::Result<void>{};
  };
  const Work work = [&](Link& link) -> Awaitable<base::Result<void>> {
    auto removed = co_await read_all(link, keys, each, remove);
    if (!removed) co_return removed.error();
    const std::string message = "1 " + meant;
    std::string question = command({"PUBLISH", keys.purges(), message});
    auto reply = co_await link.ask(std::move(question), base::Clock::now() + patience);
    if (!reply) co_return reply.error();
    if (reply->is_error()) co_return failure(Errc::unexpected_answer, reply->text);
    co_return base::Result<void>{};
  };
  if (const auto done = run_to_end(settings, work); !done) return done.error();
  return scanned;
}

}  // namespace harbor_router::redis
