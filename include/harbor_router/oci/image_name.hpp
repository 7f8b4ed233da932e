// An image as people write it on a command line: "nginx", "org/app:v1",
// "ghcr.io/org/app@sha256:..", "localhost:5000/proxy/app". Names are kept as written: no docker.io,
// no "library/" is added. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/oci/name.hpp"

namespace harbor_router::oci {

struct ImageName {
  std::optional<std::string> host;  // "host" or "host:port", lower-cased
  Repository repository;
  std::optional<Tag> tag;        // as written
  std::optional<Digest> digest;  // as written

  // What to ask for: the digest, else the tag, else "latest".
  [[nodiscard]] Reference reference() const;
  [[nodiscard]] std::string str() const;
  friend bool operator==(const ImageName&, const ImageName&) = default;
};

// The first component is a host, as Docker has it, when something follows it and it holds '.' or
// ':' or is "localhost". Docker also takes "Org/app" for a host: here it is an error, for it is
// rather a misspelt repository.
[[nodiscard]] std::optional<ImageName> parse_image_name(std::string_view text);

}  // namespace harbor_router::oci
