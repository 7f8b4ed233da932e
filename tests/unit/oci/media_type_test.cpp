#include "harbor_router/oci/media_type.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

TEST_CASE("manifest types are known with parameters and in any case") {
  for (const std::string_view type : {oci_index, oci_manifest, docker_list, docker_manifest,
                                      docker_schema1, docker_schema1_signed, oci_artifact}) {
    CAPTURE(type);
    CHECK(is_manifest_type(type));
    CHECK(is_manifest_type(' ' + std::string(type) + " ; charset=utf-8"));
  }
  CHECK(is_manifest_type("Application/VND.OCI.Image.Index.v1+JSON"));
}

TEST_CASE("what a portal or a blob answers is no manifest type") {
  for (const std::string_view type :
       {"", ";", "text/html", "application/json", "application/octet-stream",
        "application/vnd.oci.image.index.v1+jsonx", "application/vnd.oci.image.index.v1",
        "x;application/vnd.oci.image.index.v1+json"}) {
    CAPTURE(type);
    CHECK_FALSE(is_manifest_type(type));
  }
}

TEST_CASE("the same types in any order, split and spelling give one text") {
  const std::string expected = "application/a,application/b,text/c;q=0.5";
  CHECK(normalised_accept({"application/a", "application/b", "text/c;q=0.5"}) == expected);
  CHECK(normalised_accept({"text/c; q=0.5", "application/b", "application/a"}) == expected);
  CHECK(normalised_accept({"application/b,text/c ;q=0.5,application/a"}) == expected);
  CHECK(normalised_accept({" Application/B ,\ttext/C;Q=0.5", "APPLICATION/a,", ",,"}) == expected);
  CHECK(normalised_accept({"application/a, application/a", "application/b", "text/c;q=0.5"}) ==
        expected);
  CHECK(normalised_accept({expected}) == expected);
}

TEST_CASE("different types give different texts") {
  CHECK(normalised_accept({"a/b"}) != normalised_accept({"a/b;q=0.5"}));
  CHECK(normalised_accept({"a/b"}) != normalised_accept({"a/b", "*/*"}));
  CHECK(normalised_accept({"a/b;x=Y"}) != normalised_accept({"a/b;x=y"}));
}

TEST_CASE("quoted values keep their commas and blanks") {
  CHECK(normalised_accept({R"(a/b; x="1, \"2 ;", c/d)"}) == R"(a/b;x="1, \"2 ;",c/d)");
}

TEST_CASE("no Accept is an empty text") {
  CHECK(normalised_accept({}).empty());
  CHECK(normalised_accept({"", " , "}).empty());
}
