// One answer read from bytes as they come: its head, where its body ends, and the body's digest.
// Nothing of the body is kept. Pure; used again for each answer of a connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harbor_router/bench/load.hpp"
#include "harbor_router/http/chunked.hpp"
#include "harbor_router/http/head.hpp"
#include "harbor_router/oci/sha256.hpp"

namespace harbor_router::bench {

class ReplyReader {
 public:
  explicit ReplyReader(Verify verify) : verify_(verify) {}

  // digest: of the body asked for, or null; it must live until the answer is whole.
  void begin(http::RequestMethod method, const oci::Digest* digest);

  enum class State { more, whole, bad };
  // The next bytes; they may be changed (chunks are decoded in place).
  [[nodiscard]] State feed(std::span<char> bytes);
  // The peer sends no more.
  [[nodiscard]] State ended();

  // Of a bad answer: closed, protocol or digest.
  [[nodiscard]] Trouble trouble() const noexcept { return trouble_; }
  [[nodiscard]] int status() const noexcept { return head_.status; }  // 0 before the head
  [[nodiscard]] bool keep_alive() const noexcept { return head_.keep_alive; }
  [[nodiscard]] bool begun() const noexcept { return received_ > 0; }
  [[nodiscard]] bool verified() const noexcept { return verified_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }  // bytes

 private:
  [[nodiscard]] State feed_body(std::span<char> bytes);
  [[nodiscard]] State bad(Trouble trouble) noexcept;
  [[nodiscard]] State whole();
  void choose_digest();

  Verify verify_;
  http::RequestMethod method_ = http::RequestMethod::get;
  std::optional<oci::Digest> expected_;  // of the body, once the head is read
  const oci::Digest* asked_ = nullptr;
  std::optional<oci::Sha256> running_;
  http::ResponseHead head_;  // its views end with feed()
  http::ChunkedDecoder chunked_;
  std::string partial_;  // of a head that came in pieces
  bool in_body_ = false, verified_ = false;
  std::uint64_t left_ = 0, received_ = 0;
  Trouble trouble_ = Trouble::protocol;
};

}  // namespace harbor_router::bench
