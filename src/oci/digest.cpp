#include "harbor_router/oci/digest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>

#include <openssl/evp.h>

namespace harbor_router::oci {
namespace {

constexpr std::string_view sha256 = "sha256";
constexpr std::string_view sha512 = "sha512";

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

std::string text_of_hash(std::string_view algorithm, std::span<const std::uint8_t> hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, std::size_t{2} * EVP_MAX_MD_SIZE> hex{};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hex[2 * i] = digits[hash[i] >> 4U];
    hex[2 * i + 1] = digits[hash[i] & 0xFU];
  }
  std::string text;
  text.reserve(algorithm.size() + 1 + 2 * hash.size());
  text.append(algorithm).append(":").append(hex.data(), 2 * hash.size());
  return text;
}

std::string text_of(std::string_view algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  // Fetched once: OpenSSL 3 else looks its providers up, under a lock, for each digest.
  static const EVP_MD* const fetched_sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const fetched_sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  const EVP_MD* function = algorithm == sha512 ? fetched_sha512 : fetched_sha256;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, function, nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute a digest");
  }
  return text_of_hash(algorithm, {hash.data(), length});
}

}  // namespace

std::optional<Digest> Digest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view hex = text.substr(colon + 1);
  const bool sized =
      (algorithm == sha256 && hex.size() == 64) || (algorithm == sha512 && hex.size() == 128);
  if (!sized || !std::all_of(hex.begin(), hex.end(), is_lower_hex)) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::of_sha256(const std::array<std::uint8_t, 32>& hash) {
  return Digest(text_of_hash(sha256, hash));
}

Digest Digest::of(std::string_view bytes) {
  return Digest(text_of(sha256, bytes));
}

std::string_view Digest::algorithm() const noexcept {
  return std::string_view(text_).substr(0, text_.find(':'));
}

std::string_view Digest::hex() const noexcept {
  return std::string_view(text_).substr(text_.find(':') + 1);
}

bool Digest::matches(std::string_view bytes) const {
  return text_of(algorithm(), bytes) == text_;
}

}  // namespace harbor_router::oci
