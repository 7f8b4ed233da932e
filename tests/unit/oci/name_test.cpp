#include "harbor_router/oci/name.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using harbor_router::oci::Reference;
using harbor_router::oci::Repository;
using harbor_router::oci::Tag;

TEST_CASE("repositories keep to the grammar of the distribution spec") {
  for (const std::string_view text :
       {"nginx", "library/nginx", "a/b/c/d", "0", "a.b", "a_b", "a__b", "a-b", "a---b",
        "a-b_c.d__e", "a/manifests/b", "v2", "sha256-abc"}) {
    CAPTURE(text);
    const auto repository = Repository::parse(text);
    REQUIRE(repository);
    CHECK(repository->str() == text);
  }
  for (const std::string_view text :
       {"",     "/",    "a/",   "/a",  "a//b",  "A",   "a/B", "a..b",    "a___b",
        "a.-b", "-a",   "a-",   ".a",  "a.",    "_a",  "a_",  "a/.",     "a/..",
        "..",   "a/-b", "a/b.", "a b", "a%2fb", "a:b", "a@b", "\xC3\xA9"}) {
    CAPTURE(text);
    CHECK_FALSE(Repository::parse(text));
  }
}

TEST_CASE("a repository has at most 255 bytes") {
  CHECK(Repository::parse(std::string(255, 'a')));
  CHECK_FALSE(Repository::parse(std::string(256, 'a')));
}

TEST_CASE("single components are told from paths") {
  CHECK(Repository::parse("nginx")->has_single_component());
  CHECK_FALSE(Repository::parse("library/nginx")->has_single_component());
}

TEST_CASE("tags keep to the grammar and to 128 bytes") {
  for (const std::string& text : {std::string("latest"), std::string("1.25"), std::string("_"),
                                  std::string("V1.0-rc_1"), std::string(128, 'x')}) {
    CHECK(Tag::parse(text));
  }
  for (const std::string& text :
       {std::string(), std::string(".a"), std::string("-a"), std::string("a:b"), std::string("a+b"),
        std::string("a/b"), std::string(129, 'x'), std::string("a\0", 2)}) {
    CAPTURE(text);
    CHECK_FALSE(Tag::parse(text));
  }
}

TEST_CASE("a reference is a digest when it holds a colon, else a tag") {
  const std::string digest = "sha256:" + std::string(64, '0');
  const auto by_digest = Reference::parse(digest);
  REQUIRE(by_digest);
  CHECK(by_digest->digest() != nullptr);
  CHECK(by_digest->tag() == nullptr);
  CHECK(by_digest->str() == digest);

  const auto by_tag = Reference::parse("v1");
  REQUIRE(by_tag);
  CHECK(by_tag->digest() == nullptr);
  CHECK(by_tag->tag() != nullptr);
  CHECK(by_tag->str() == "v1");
  CHECK(by_tag != by_digest);

  CHECK_FALSE(Reference::parse("sha256:bad"));
  CHECK_FALSE(Reference::parse(".INVALID_MANIFEST_NAME"));
}
