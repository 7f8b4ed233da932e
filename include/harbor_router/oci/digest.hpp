// A content digest (OCI image spec, descriptor.md#digests): "sha256:<64 lower hex>" or
// "sha512:<128 lower hex>". A value of this type always keeps to that grammar.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harbor_router::oci {

class Digest {
 public:
  [[nodiscard]] static bool is_one(std::string_view text) noexcept;
  // nullopt when text is no digest of a registered algorithm.
  [[nodiscard]] static std::optional<Digest> parse(std::string_view text);
  // The SHA-256 digest of bytes.
  [[nodiscard]] static Digest of(std::string_view bytes);
  // Of a SHA-256 already computed.
  [[nodiscard]] static Digest of_sha256(const std::array<std::uint8_t, 32>& hash);

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] std::string_view algorithm() const noexcept;
  [[nodiscard]] std::string_view hex() const noexcept;
  // Whether bytes have this digest, by this digest's own algorithm.
  [[nodiscard]] bool matches(std::string_view bytes) const;

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace harbor_router::oci
