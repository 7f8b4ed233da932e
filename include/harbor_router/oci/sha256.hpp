// SHA-256 of bytes that come in pieces.
#pragma once

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "harbor_router/oci/digest.hpp"

namespace harbor_router::oci {

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
  // Ends it: nothing may be added afterwards.
  [[nodiscard]] Digest digest() {
    std::array<std::uint8_t, 32> raw{};
    EVP_DigestFinal_ex(context_.get(), raw.data(), nullptr);
    return Digest::of_sha256(raw);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace harbor_router::oci
