// Redis' replies (RESP2) out of bytes, by hiredis' reader. Pure.
//
// What comes is bounded in bytes, elements and depth (hiredis': 7), so that a server that is none
// cannot use up memory. After a failure the reader is of no use, and so is the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/base/result.hpp"

struct redisReader;

namespace harbor_router::redis {

struct Reply {
  enum class Kind { nil, status, error, string, integer, array };
  Kind kind = Kind::nil;
  std::string text;  // of status, error and string; bytes
  std::int64_t integer = 0;
  std::vector<Reply> elements;

  [[nodiscard]] bool is_error() const noexcept { return kind == Kind::error; }
  // Whether it is an error that begins with this word: "READONLY", "NOAUTH".
  [[nodiscard]] bool is_error(std::string_view word) const noexcept {
    return is_error() && text.starts_with(word);
  }
  [[nodiscard]] bool is_text() const noexcept {
    return kind == Kind::string || kind == Kind::status;
  }
};

class ReplyReader {
 public:
  static constexpr std::size_t most_bytes = 32U << 20U;  // of one reply
  static constexpr std::size_t most_elements = 100'000;  // of one reply, at all depths

  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // nullopt: more bytes are needed. Failure protocol.
  [[nodiscard]] base::Result<std::optional<Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };
  struct Spent {  // by the reply under construction
    std::size_t bytes = 0, elements = 0;
  };
  friend struct ReplyBuilder;
  Spent spent_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace harbor_router::redis
