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

TEST_CASE("what a client takes does not depend on how it says it") {
  AcceptedTypes one, other, in_capitals;
  one.add(std::string(oci_index) + "," + std::string(docker_manifest));
  other.add(docker_manifest);
  other.add(' ' + std::string(oci_index) + " , application/json");
  in_capitals.add("APPLICATION/vnd.oci.image.INDEX.v1+json,");
  in_capitals.add(docker_manifest);
  CHECK(one == other);
  CHECK(one == in_capitals);
  for (const AcceptedTypes& types : {one, other, in_capitals}) {
    CHECK(types.takes(oci_index));
    CHECK(types.takes(std::string(docker_manifest) + "; charset=utf-8"));
    CHECK_FALSE(types.takes(oci_manifest));
    CHECK_FALSE(types.takes("text/html"));
  }
}

TEST_CASE("a wildcard takes every manifest and is not the same as naming them") {
  AcceptedTypes any, application, named;
  any.add("*/*");
  application.add("text/html, application/*");
  for (const std::string_view type : usual_manifest_types) named.add(type);
  for (const std::string_view type : usual_manifest_types) {
    CHECK(any.takes(type));
    CHECK(application.takes(type));
    CHECK(named.takes(type));
  }
  CHECK(any.takes(docker_schema1));
  CHECK_FALSE(any.takes("text/html"));
  CHECK_FALSE(any == named);
}

TEST_CASE("who names no type of manifest, or any, leaves the choice") {
  for (const std::string_view line : {"", "text/html", "*/*", "application/*;q=0.5"}) {
    CAPTURE(line);
    AcceptedTypes types;
    types.add(line);
    CHECK(types.leaves_choice());
    CHECK_FALSE(types.names_usual());
  }
  AcceptedTypes one, usual;
  one.add(oci_index);
  CHECK_FALSE(one.leaves_choice());
  CHECK_FALSE(one.names_usual());
  usual.add(usual_accept());
  CHECK_FALSE(usual.leaves_choice());
  CHECK(usual.names_usual());
  usual.add("*/*;q=0.1");
  CHECK(usual.leaves_choice());
  CHECK(usual.names_usual());
}

TEST_CASE("where it is not sure what a client takes, nothing is") {
  AcceptedTypes silent, refusing, preferring, quoting;
  refusing.add("*/*, " + std::string(oci_index) + ";q=0");
  preferring.add(std::string(oci_index) + ";q=0.5, " + std::string(oci_manifest));
  quoting.add("text/html;a=\"," + std::string(oci_index) + "\"");
  for (const AcceptedTypes& types : {silent, refusing, preferring, quoting})
    for (const std::string_view type : usual_manifest_types) CHECK_FALSE(types.takes(type));
  AcceptedTypes elsewhere;
  elsewhere.add("text/html;q=0.2, " + std::string(oci_index));
  CHECK(elsewhere.takes(oci_index));
}
