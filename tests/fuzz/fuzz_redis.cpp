// What a Redis, or whoever writes to it, may send: replies, records, lists of projects.
#include "fuzz.hpp"
#include "harbor_router/harbor/project_list_text.hpp"
#include "harbor_router/store/image_pattern.hpp"
#include "harbor_router/store/record.hpp"
#include "redis/keys.hpp"
#include "redis/master_search.hpp"
#include "redis/reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  using fuzz::must;
  const std::string text = fuzz::text_of(data, size);
  redis::ReplyReader reader;
  reader.feed(text);
  for (auto reply = reader.next(); reply && *reply; reply = reader.next()) {
    redis::MasterSearch search({.sentinels = {{"s1", 26379}}});
    static_cast<void>(search.begin());
    static_cast<void>(search.sentinel_answered(**reply, 0));
    static_cast<void>(search.role_answered(**reply, 0));
  }
  if (const auto record = store::decode(text)) must(store::encode(*record) == text);
  static_cast<void>(redis::switched_master(text, "mymaster"));
  if (const auto said = redis::said_in(text)) must(redis::message_of(*said) == text);
  static_cast<void>(store::ImagePattern(text).matches(redis::key_of(text)));
  if (const auto kept = harbor::parse_kept_projects(text))
    for (const harbor::Project& project : kept->projects) must(project.id > 0);
  return 0;
}
