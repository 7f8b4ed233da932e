#include "harbor_router/http/htpasswd.hpp"

#include <doctest/doctest.h>

#include "unit/trust.hpp"

using harbor_router::http::parse_htpasswd;

namespace {

// htpasswd -nbBC 5 carol Carol-1, and dave Dave-1
const std::string carol_line = "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..";
const std::string dave_line = "dave:$2y$05$szWE9jTAJGZUfajnBZXwnuk6Wfk3QkTCOggIwxeSQ20ZVrH968ljq";

}  // namespace

TEST_CASE("an htpasswd file is names and bcrypt hashes, comments and empty lines") {
  const auto hashes = parse_htpasswd("# who may pull\n\n" + carol_line + "\r\n" + dave_line);
  REQUIRE(hashes.has_value());
  CHECK(hashes->size() == 2);
  CHECK(hashes->at("dave") == dave_line.substr(5));
  CHECK(hashes->at("carol") == carol_line.substr(6));
  CHECK(parse_htpasswd("")->empty());
  for (const char* prefix : {"$2a$", "$2b$", "$2y$"})
    CHECK(parse_htpasswd("x:" + std::string(prefix) + carol_line.substr(10)).has_value());
}

TEST_CASE("a line that is none is named by its number, and its words are kept to ourselves") {
  for (const std::string& line :
       {std::string("no-colon"), std::string(":$2y$05$x"), std::string("erin:plaintext"),
        std::string("erin:{SHA}abc="), std::string("erin:$apr1$salt$hash"),
        carol_line.substr(0, 40), carol_line + "x", std::string("erin:"),
        "erin:$2y$xy$" + carol_line.substr(13), "erin:$2y$03$" + carol_line.substr(13),
        "erin:$2y$32$" + carol_line.substr(13), "erin:$2y$05$!" + carol_line.substr(14)}) {
    CAPTURE(line);
    const auto hashes = parse_htpasswd(carol_line + "\n# two\n" + line + "\n");
    REQUIRE_FALSE(hashes.has_value());
    CHECK(hashes.error().detail.find("line 3 ") == 0);
    CHECK(hashes.error().detail.find("erin") == std::string::npos);
  }
}
