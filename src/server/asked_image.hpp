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
  std::string assumed;               // what could only be guessed; empty: nothing
};

// How this router is named by those who ask it.
struct RouterNames {
  const oci::PathRules& paths;
  std::string public_host;  // of PUBLIC_URL; empty: unknown
  std::string asked_at;     // the Host of an operator's request; empty: nobody asked over HTTP
};

// "nginx", "org/app:v1", "ghcr.io/org/app@sha256:...", and the name a client uses for it, with any
// host and the proxy project in front: "registry.example.com/proxy/nginx". A host in front is
// otherwise the registry the image is to come from, whether a project mirrors it or not. Only with
// a root registry, and where it can be told for the router's own (PUBLIC_URL, where the operator
// asked, this machine), is it that of a bare name.
[[nodiscard]] base::Result<AskedImage> asked_image(std::string_view text, const RouterNames& router,
                                                   const harbor::ProjectList& projects);

// A GET of its manifest as the usual clients make it.
[[nodiscard]] routing::Pull pull_of(const AskedImage& image,
                                    harbor::CredentialsPointer credentials);

}  // namespace harbor_router::server
