// Reading and digesting content piece by piece.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "harbor_router/stub/image.hpp"

namespace harbor_router::stub {

void read_pattern(std::uint64_t seed, std::uint64_t offset, std::span<char> out);

// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("SHA-256 is not available");
    }
  }
  void update(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  [[nodiscard]] oci::Digest digest() {
    std::array<unsigned char, 32> raw{};
    EVP_DigestFinal_ex(context_.get(), raw.data(), nullptr);
    std::string text = "sha256:";
    for (const unsigned char byte : raw) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return oci::Digest::parse(text).value();
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

template <class Sink>
void read_all(const Content& content, Sink sink) {
  std::vector<char> buffer(64 * 1024);
  for (std::uint64_t offset = 0; offset < content.size();) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), content.size() - offset));
    content.read(offset, std::span(buffer).first(length));
    sink(std::string_view(buffer.data(), length));
    offset += length;
  }
}

[[nodiscard]] oci::Digest digest_of(const Content& content);

}  // namespace harbor_router::stub
