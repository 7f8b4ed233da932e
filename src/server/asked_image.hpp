// An image as an operator writes it, as the pull a client would make of it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"
#include "harbor_router/routing/resolver.hpp"

namespace harbor_router::server {

struct AskedImage {
  std::string text;                  // as written
  routing::Subject subject;          // what is asked for, wherever it comes from
  std::string reference = "latest";  // tag or digest
};

// "nginx", "org/app:v1", "ghcr.io/org/app@sha256:...", and the name a client uses for it, with any
// host and the proxy project in front: "registry.example.com/proxy/nginx". A host in front is
// otherwise the registry the image is to come from, if a project mirrors it or there is no root
// registry; with one it is the router's, and the name a bare one.
[[nodiscard]] base::Result<AskedImage> asked_image(std::string_view text,
                                                   const oci::PathRules& rules,
                                                   const harbor::ProjectList& projects);

// A GET of its manifest as the usual clients make it.
[[nodiscard]] routing::Pull pull_of(const AskedImage& image,
                                    harbor::CredentialsPointer credentials);

}  // namespace harbor_router::server
