#include "harbor_router/oci/digest.hpp"

#include <string>

#include <doctest/doctest.h>

using harbor_router::oci::Digest;

TEST_CASE("the digest of bytes is their SHA-256") {
  const Digest digest = Digest::of("hello world");
  CHECK(digest.str() == "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  CHECK(digest.algorithm() == "sha256");
  CHECK(digest.hex() == "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  CHECK(digest.matches("hello world"));
  CHECK_FALSE(digest.matches("hello worlds"));
  CHECK(Digest::parse(digest.str()) == digest);
}

TEST_CASE("a SHA-512 digest is checked by its own algorithm") {
  const auto digest = Digest::parse(
      "sha512:309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f"
      "989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f");
  REQUIRE(digest);
  CHECK(digest->algorithm() == "sha512");
  CHECK(digest->matches("hello world"));
  CHECK_FALSE(digest->matches(""));
}

TEST_CASE("what is no digest of a registered algorithm does not parse") {
  const std::string hex(64, 'a');
  CHECK(Digest::parse("sha256:" + hex));
  for (const std::string& text :
       {std::string(), hex, "sha256:" + hex + "a", "sha256:" + hex.substr(1), "sha512:" + hex,
        "SHA256:" + hex, "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'),
        "md5:" + hex.substr(32), "sha256:" + hex + "\n", " sha256:" + hex,
        std::string("sha256:bad"), std::string(":")}) {
    CAPTURE(text);
    CHECK_FALSE(Digest::parse(text));
  }
}
