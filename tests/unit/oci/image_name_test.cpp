#include "harbor_router/oci/image_name.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::oci;

namespace {

const std::string digest = "sha256:" + std::string(64, 'c');

ImageName image(const std::string& text) {
  CAPTURE(text);
  auto parsed = parse_image_name(text);
  REQUIRE(parsed);
  return *std::move(parsed);
}

}  // namespace

TEST_CASE("an image without host or reference means latest, and its name is kept") {
  const ImageName name = image("nginx");
  CHECK_FALSE(name.host);
  CHECK(name.repository.str() == "nginx");
  CHECK(name.reference().str() == "latest");
  CHECK(name.str() == "nginx");
}

TEST_CASE("tag and digest are both kept, and the digest wins") {
  CHECK(image("nginx:1.25").reference().str() == "1.25");
  CHECK(image("org/app@" + digest).reference().str() == digest);
  const ImageName both = image("org/app:v1@" + digest);
  CHECK(both.tag->str() == "v1");
  CHECK(both.reference().str() == digest);
  CHECK(both.str() == "org/app:v1@" + digest);
}

TEST_CASE("the first component is a host when it looks like one") {
  struct Row {
    std::string_view text;
    std::string_view host;
    std::string_view repository;
  };
  for (const Row& row :
       {Row{"ghcr.io/org/app:v1", "ghcr.io", "org/app"},
        Row{"host:5000/proxy/app", "host:5000", "proxy/app"},
        Row{"localhost/app", "localhost", "app"}, Row{"GHCR.io/app", "ghcr.io", "app"},
        Row{"[::1]:5000/app", "[::1]:5000", "app"}, Row{"[fe80::1]/app", "[fe80::1]", "app"},
        Row{"127.0.0.1:80/a/b", "127.0.0.1:80", "a/b"}}) {
    const ImageName name = image(std::string(row.text));
    CHECK(name.host == std::string(row.host));
    CHECK(name.repository.str() == row.repository);
  }
  CHECK_FALSE(image("org/app").host);
  CHECK(image("localhost:5000").repository.str() == "localhost");  // a tag, as Docker has it
}

TEST_CASE("what is no image name does not parse") {
  for (const std::string_view text : {"",
                                      "/",
                                      "nginx:",
                                      "nginx@",
                                      "nginx@sha256:bad",
                                      "Nginx",
                                      "nginx:a:b",
                                      "a//b",
                                      "host:/app",
                                      "host:x/app",
                                      "host:123456/app",
                                      "-host.io/app",
                                      "a..b/app",
                                      "host./app",
                                      "[::1/app",
                                      "[]/app",
                                      "https://ghcr.io/app",
                                      "ghcr.io/",
                                      "a b",
                                      "nginx:.x",
                                      "ho_st.io/app",
                                      "ghcr.io/App",
                                      "Org/app",
                                      "LOCALHOST/app"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_image_name(text));
  }
}
