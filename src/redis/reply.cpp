#include "redis/reply.hpp"

#include <new>

#include <hiredis/read.h>

namespace harbor_router::redis {

// hiredis calls these as it reads. An element is built in its place in the array; what is returned
// for the outermost is the reply. nullptr: hiredis gives up. No exception may pass through C.
struct ReplyBuilder {
  static Reply* place(const redisReadTask* task) {
    auto& spent = *static_cast<ReplyReader::Spent*>(task->privdata);
    if (++spent.elements > ReplyReader::most_elements) return nullptr;
    if (task->parent == nullptr) return new (std::nothrow) Reply;
    auto& array = *static_cast<Reply*>(task->parent->obj);
    return &array.elements[static_cast<std::size_t>(task->idx)];
  }

  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    auto& spent = *static_cast<ReplyReader::Spent*>(task->privdata);
    spent.bytes += size;
    if (spent.bytes > ReplyReader::most_bytes) return nullptr;
    Reply* const reply = place(task);
    if (reply == nullptr) return nullptr;
    reply->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                  : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                     : Reply::Kind::string;
    try {
      reply->text.assign(bytes, size);
    } catch (const std::bad_alloc&) {
      return given_up(task, reply);
    }
    return reply;
  }

  static void* array(const redisReadTask* task, int size) {
    const auto& spent = *static_cast<ReplyReader::Spent*>(task->privdata);
    const auto elements = static_cast<std::size_t>(size < 0 ? 0 : size);
    if (elements > ReplyReader::most_elements - spent.elements) return nullptr;
    Reply* const reply = place(task);
    if (reply == nullptr) return nullptr;
    reply->kind = Reply::Kind::array;
    try {
      reply->elements.resize(elements);
    } catch (const std::bad_alloc&) {
      return given_up(task, reply);
    }
    return reply;
  }

  static void* integer(const redisReadTask* task, long long value) {
    Reply* const reply = place(task);
    if (reply == nullptr) return nullptr;
    reply->kind = Reply::Kind::integer;
    reply->integer = value;
    return reply;
  }

  static void* nil(const redisReadTask* task) { return place(task); }

  static void free(void* reply) { delete static_cast<Reply*>(reply); }

 private:
  static void* given_up(const redisReadTask* task, Reply* reply) {
    if (task->parent == nullptr) delete reply;
    return nullptr;
  }
};

namespace {

redisReplyObjectFunctions builder_functions = {ReplyBuilder::text, ReplyBuilder::array,
                                               ReplyBuilder::integer, ReplyBuilder::nil,
                                               ReplyBuilder::free};

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader() : reader_(redisReaderCreateWithFunctions(&builder_functions)) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = &spent_;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());  // a failure shows in next()
}

base::Result<std::optional<Reply>> ReplyReader::next() {
  const auto broken = [](std::string_view why) {
    return base::failure(base::Errc::protocol, "no reply of Redis: " + std::string(why));
  };
  if (reader_->err != 0) return broken(reader_->errstr);
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != 0) return broken(reader_->errstr);
  if (object == nullptr) {
    if (reader_->len - reader_->pos > most_bytes) return broken("it is too long");
    return std::optional<Reply>();
  }
  spent_ = {};
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(object));
  return std::optional<Reply>(std::move(*reply));
}

}  // namespace harbor_router::redis
