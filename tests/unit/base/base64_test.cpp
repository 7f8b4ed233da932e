#include "harbor_router/base/base64.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using harbor_router::base::base64_decode;
using harbor_router::base::base64_encode;

TEST_CASE("the vectors of RFC 4648 go both ways") {
  struct Row {
    std::string_view bytes;
    std::string_view text;
  };
  for (const Row& row :
       {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
        Row{"foob", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"},
        Row{"robot$a+b:pass", "cm9ib3QkYStiOnBhc3M="}}) {
    CAPTURE(row.bytes);
    CHECK(base64_encode(row.bytes) == row.text);
    CHECK(base64_decode(row.text) == std::string(row.bytes));
  }
}

TEST_CASE("every byte survives") {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  CHECK(base64_decode(base64_encode(bytes)) == bytes);
}

TEST_CASE("only the canonical spelling is decoded") {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm 9v", " Zm9v", "Zm9v\n",
        "Zm9v====", "Zg==Zg==", "Zm-_", "Z=g="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
}
