#include "harbor_router/oci/digest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>

#include <openssl/evp.h>

namespace harbor_router::oci {
namespace {

constexpr std::string_view sha256 = "sha256";
constexpr std::string_view sha512 = "sha512";

bool are_lower_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

using HexText = std::array<char, std::size_t{2} * EVP_MAX_MD_SIZE>;

std::string_view write_hex(std::span<const std::uint8_t> hash, HexText& space) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < hash.size(); ++i) {
    space[2 * i] = digits[hash[i] >> 4U];
    space[2 * i + 1] = digits[hash[i] & 0xFU];
  }
  return {space.data(), 2 * hash.size()};
}

std::string text_of(std::string_view algorithm, std::string_view hex) {
  std::string text;
  text.reserve(algorithm.size() + 1 + hex.size());
  text.append(algorithm).append(":").append(hex);
  return text;
}

// Of bytes, in hex.
std::string_view hash(std::string_view algorithm, std::string_view bytes, HexText& space) {
  // Both kept: OpenSSL 3 else looks its providers up, under a lock, for each digest, and allocates.
  static const EVP_MD* const fetched_sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const fetched_sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const EVP_MD* function = algorithm == sha512 ? fetched_sha512 : fetched_sha256;
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int length = 0;
  if (!context || EVP_DigestInit_ex2(context.get(), function, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), result.data(), &length) != 1) {
    throw std::runtime_error("OpenSSL cannot compute a digest");
  }
  return write_hex({result.data(), length}, space);
}

}  // namespace

bool Digest::is_one(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view hex = text.substr(colon + 1);
  const bool sized =
      (algorithm == sha256 && hex.size() == 64) || (algorithm == sha512 && hex.size() == 128);
  return sized && are_lower_hex(hex);
}

std::optional<Digest> Digest::parse(std::string_view text) {
  if (!is_one(text)) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::of_sha256(const std::array<std::uint8_t, 32>& hash) {
  HexText space;
  return Digest(text_of(sha256, write_hex(hash, space)));
}

Digest Digest::of(std::string_view bytes) {
  HexText space;
  return Digest(text_of(sha256, hash(sha256, bytes, space)));
}

std::string_view Digest::algorithm() const noexcept {
  return std::string_view(text_).substr(0, text_.find(':'));
}

std::string_view Digest::hex() const noexcept {
  return std::string_view(text_).substr(text_.find(':') + 1);
}

bool Digest::matches(std::string_view bytes) const {
  HexText space;
  return hash(algorithm(), bytes, space) == hex();
}

}  // namespace harbor_router::oci
