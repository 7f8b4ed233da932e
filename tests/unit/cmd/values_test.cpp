#include "cmd/options/values.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "unit/trust.hpp"

namespace {

using namespace harbor_router::options;
using namespace std::chrono_literals;

template <class T>
std::string why_not(const harbor_router::base::Result<T>& parsed) {
  REQUIRE(parsed.has_error());
  return parsed.error().detail;
}

class Folder {  // a directory of its own for each test
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "options-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST_CASE("listen addresses") {
  CHECK(*parse_listen_address(":8080") == ListenAddress{.host = "", .port = 8080});
  CHECK(*parse_listen_address("127.0.0.1:80") == ListenAddress{.host = "127.0.0.1", .port = 80});
  CHECK(*parse_listen_address("[::1]:65535") == ListenAddress{.host = "::1", .port = 65535});
  CHECK(*parse_listen_address("0.0.0.0:0") == ListenAddress{.host = "0.0.0.0", .port = 0});
  for (const std::string text :
       {"", "8080", ":", ":http", ":65536", ":-1", ":80 ", "localhost:80", "::1:80", "[::1]",
        "[127.0.0.1]:80", "[]:80", "1.2.3:80", "[::g]:80"}) {
    CAPTURE(text);
    CHECK(why_not(parse_listen_address(text)).find("[::1]:8080") != std::string::npos);
  }
}

TEST_CASE("a URL with a colon has a port behind it") {
  CHECK(parse_origin("http://127.0.0.1:").has_error());
  CHECK(parse_origin("http://127.0.0.1:8080")->port == 8080);
}

TEST_CASE("a port alone is told how it is written") {
  CHECK(why_not(parse_listen_address("8080")).find("write :8080,") != std::string::npos);
}

TEST_CASE("listeners overlap where one would take the other's clients") {
  const auto are_told = [](std::string_view a, std::string_view b) {
    return overlap(*parse_listen_address(a), *parse_listen_address(b)) &&
           overlap(*parse_listen_address(b), *parse_listen_address(a));
  };
  for (const std::string all : {":80", "[::]:80"})
    for (const std::string one : {":80", "[::]:80", "0.0.0.0:80", "127.0.0.1:80", "[::1]:80"})
      CHECK_MESSAGE(are_told(all, one), all, " ", one);
  CHECK(are_told("0.0.0.0:80", "127.0.0.1:80"));
  CHECK(are_told("[::ffff:127.0.0.1]:80", "127.0.0.1:80"));
  CHECK(are_told("[0::1]:80", "[::1]:80"));
  CHECK_FALSE(are_told("0.0.0.0:80", "[::1]:80"));
  CHECK_FALSE(are_told("127.0.0.1:80", "127.0.0.2:80"));
  CHECK_FALSE(are_told(":80", ":81"));
  CHECK_FALSE(are_told(":0", ":0"));
}

TEST_CASE("durations are of a year at most, since times are told by adding them") {
  CHECK(*parse_any_duration("8760h") == 8760h);
  CHECK(*parse_any_duration("+5s") == 5s);
  CHECK(why_not(parse_any_duration("2562047h")).find("write 8760h at most") != std::string::npos);
  CHECK(why_not(parse_positive_duration("8761h")).find("a year") != std::string::npos);
}

TEST_CASE("the address of a Harbor") {
  using harbor_router::http::Origin;
  using enum harbor_router::http::Scheme;
  CHECK(*parse_origin("http://harbor-core:80") ==
        Origin{.scheme = http, .host = "harbor-core", .port = 80});
  CHECK(*parse_origin("https://harbor.example.com") ==
        Origin{.scheme = https, .host = "harbor.example.com", .port = 443});
  CHECK(*parse_origin("http://harbor.example.com/") ==
        Origin{.scheme = http, .host = "harbor.example.com", .port = 80});
  CHECK(*parse_origin("HTTPS://[fd00::1]:8443") ==
        Origin{.scheme = https, .host = "fd00::1", .port = 8443});
  CHECK(parse_origin("http://harbor_core_1:8080")->host == "harbor_core_1");
  CHECK(*parse_origin("http://10.1.2.3:8080") ==
        Origin{.scheme = http, .host = "10.1.2.3", .port = 8080});

  CHECK(why_not(parse_origin("harbor.example.com")).find("no URL") != std::string::npos);
  CHECK(why_not(parse_origin("ftp://harbor")).find("neither http nor https") != std::string::npos);
  CHECK(why_not(parse_origin("http://harbor/registry")).find("path") != std::string::npos);
  CHECK(why_not(parse_origin("http://harbor?x=1")).find("query") != std::string::npos);
  CHECK(why_not(parse_origin("http://harbor#x")).find("fragment") != std::string::npos);
  CHECK(why_not(parse_origin("http://a:abc")).find("no valid port") != std::string::npos);
  CHECK(why_not(parse_origin("http://1.2.3.4.5")).find("no valid host") != std::string::npos);
  for (const std::string text :
       {"", "http://", "http:///", "http://harbor:0", "http://harbor:65536", "http://har bor",
        "http://-a", "http://a..b", "http://[fe80::1%25eth0]", "http://%2e"}) {
    CAPTURE(text);
    CHECK(why_not(parse_origin(text)).find("https://harbor.example.com") != std::string::npos);
  }
}

TEST_CASE("a password written into the address is not repeated to the log") {
  CHECK(why_not(parse_origin("http://robot:hunter2@harbor")).find("hunter2") == std::string::npos);
}

TEST_CASE("names of projects and registries") {
  CHECK(*parse_project_name("proxy") == "proxy");
  CHECK(*parse_project_name("my-proxy_1.x") == "my-proxy_1.x");
  for (const std::string text : {"", "Proxy", "a/b", "-a", "a..b", "a b", "../x", "v2"}) {
    CAPTURE(text);
    CHECK(why_not(parse_project_name(text)).find("such as proxy") != std::string::npos);
  }
  CHECK(*parse_registry_host("docker.io") == "docker.io");
  CHECK(*parse_registry_host("Registry.example.com:5000") == "registry.example.com:5000");
  for (const std::string text : {"", "https://docker.io", "docker.io/library", "docker.io:", "a:0",
                                 "a:b", "a:70000", ".io"}) {
    CAPTURE(text);
    CHECK(why_not(parse_registry_host(text)).find("docker.io") != std::string::npos);
  }
}

TEST_CASE("numbers and durations keep to their bounds") {
  CHECK(*parse_count("7", {.least = 1, .most = 9}) == 7);
  CHECK(*parse_count("9", {.least = 1, .most = 9}) == 9);
  CHECK(why_not(parse_count("0", {.least = 1, .most = 9})) ==
        "\"0\" is out of range; write a number from 1 to 9");
  CHECK(why_not(parse_count("99999999999999999999", {.least = 1, .most = 9})) ==
        "\"99999999999999999999\" is out of range; write a number from 1 to 9");
  for (const std::string text : {"", "x", "1x", " 1", "-1", "+1", "1.5", "0x1"}) {
    CHECK(why_not(parse_count(text, {.least = 1, .most = 9})).find("no whole number") !=
          std::string::npos);
  }
  CHECK(*parse_positive_duration("1ms") == 1ms);
  CHECK(why_not(parse_positive_duration("0s")).find("such as 10s") != std::string::npos);
}

TEST_CASE("the size of a cache is nothing, or enough to keep something") {
  CHECK(*parse_cache_size("0") == 0);
  CHECK(*parse_cache_size("64KiB") == 64 << 10);
  CHECK(*parse_cache_size("256MiB") == 256 << 20);
  CHECK(*parse_cache_size("1TiB") == std::uint64_t{1} << 40);
  for (const std::string text : {"65535", "2TiB"}) {
    CAPTURE(text);
    CHECK(why_not(parse_cache_size(text)).find("256MiB, or 0") != std::string::npos);
  }
  for (const std::string text : {"", "256", "much", "-1", "64kb", "1.5GiB"}) {
    CAPTURE(text);
    CHECK(parse_cache_size(text).has_error());
  }
}

TEST_CASE("networks") {
  const auto networks = parse_networks("10.0.0.0/8, fd00::/8,192.0.2.7");
  REQUIRE(networks.has_value());
  REQUIRE(networks->size() == 3);
  CHECK((*networks)[0] ==
        Network{.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10}, .prefix = 104});
  CHECK((*networks)[1] == Network{.address = {0xfd}, .prefix = 8});
  CHECK((*networks)[2].prefix == 128);
  CHECK((*networks)[2].address[15] == 7);
  for (const std::string text : {"", ",", "10.0.0.0/33", "10.0.0/8", "::/129", "x", "10.0.0.0/8,",
                                 "10.0.0.0/", "10.0.0.0/-1"}) {
    CAPTURE(text);
    CHECK(why_not(parse_networks(text)).find("such as 10.0.0.0/8") != std::string::npos);
  }
}

TEST_CASE("files that must be readable") {
  const Folder folder;
  const auto file = folder.file("ca.pem", "x");
  CHECK(*parse_readable_file(file) == file);
  CHECK(why_not(parse_readable_file(folder.path() + "/none")).find("No such file") !=
        std::string::npos);
  CHECK(why_not(parse_readable_file(folder.path())).find("directory") != std::string::npos);
}

TEST_CASE("files that must hold certificates, or htpasswd lines, are looked into") {
  const Folder folder;
  const auto right = folder.file("ca.pem", harbor_router::testing::certificate);
  CHECK(*parse_certificate_file(right) == right);
  CHECK(why_not(parse_certificate_file(folder.file("rubbish", "x"))).find("in PEM form") !=
        std::string::npos);
  CHECK(why_not(parse_certificate_file(folder.path() + "/none")).find("No such file") !=
        std::string::npos);
  const auto clients = folder.file("clients", harbor_router::testing::htpasswd_line + "\n");
  CHECK(*parse_htpasswd_file(clients) == clients);
  CHECK(
      why_not(parse_htpasswd_file(folder.file("plain", "carol:Carol-1\n"))).find("line 1 is no") !=
      std::string::npos);
  CHECK(why_not(parse_htpasswd_file(folder.path())).find("directory") != std::string::npos);
}

TEST_CASE("a secret is what its file holds, without the line feed an editor leaves") {
  const Folder folder;
  CHECK(*read_secret_file(folder.file("a", "s3cret\n")) == "s3cret");
  CHECK(*read_secret_file(folder.file("b", "s3cret")) == "s3cret");
  CHECK(*read_secret_file(folder.file("c", "s3cret\r\n")) == "s3cret");
  CHECK(*read_secret_file(folder.file("d", " two words \n\n")) == " two words \n");
  CHECK(read_secret_file(folder.file("e", ""))->empty());
  CHECK(read_secret_file(folder.file("f", std::string(65'536, 'x')))->size() == 65'536);
  CHECK(why_not(read_secret_file(folder.file("g", std::string(65'537, 'x')))).find("64KiB") !=
        std::string::npos);
  CHECK(why_not(read_secret_file(folder.path())).find("directory") != std::string::npos);
}

TEST_CASE("user names and passwords are never quoted in a complaint") {
  CHECK(*parse_username("robot$router") == "robot$router");
  CHECK(*parse_password("p:a ss") == "p:a ss");
  CHECK(why_not(parse_username("user:hunter2")).find("hunter2") == std::string::npos);
  CHECK(why_not(parse_password("hunter2\nx")).find("hunter2") == std::string::npos);
  CHECK(why_not(parse_password("")) == "is empty");
}

}  // namespace
