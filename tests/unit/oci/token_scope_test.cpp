#include "harbor_router/oci/token_scope.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

TEST_CASE("a repository scope is its name and actions") {
  const auto scope = parse_token_scope("repository:proxy/library/nginx:pull,push");
  REQUIRE(scope);
  CHECK(*scope == TokenScope{.type = "repository",
                             .resource_class = "",
                             .name = "proxy/library/nginx",
                             .actions = {"pull", "push"}});
}

TEST_CASE("ports, classes, wildcards and empty actions are scopes and print as written") {
  for (const std::string_view text :
       {"repository:host:5000/proxy/app:pull", "repository(plugin):vieux/sshfs:pull",
        "registry:catalog:*", "repository:a:", "repository:[::1]:80/a:pull",
        "repository:a:metadata_read"}) {
    CAPTURE(text);
    const auto scope = parse_token_scope(text);
    REQUIRE(scope);
    CHECK(to_string(*scope) == text);
  }
  CHECK(parse_token_scope("repository:host:5000/proxy/app:pull")->name == "host:5000/proxy/app");
  CHECK(parse_token_scope("repository(plugin):a:pull")->resource_class == "plugin");
}

TEST_CASE("what is no scope does not parse") {
  for (const std::string_view text :
       {"", ":", "::", "repository", "repository:a", "repository::pull", ":a:pull",
        "repository:a:pull,", "repository:a:,pull", "repository(:a:pull", "repository():a:pull",
        "repository:a b:pull", "repository:a\"b:pull", "Repository:a:pull", "repository:a:pu ll",
        "repository:a\r\n:pull"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_token_scope(text));
  }
}
